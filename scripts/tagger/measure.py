"""How well does a model do on the development set: by kind and by genre, in tokens covered?"""

import numpy as np

from aboveboard.recorder.redact.text.tagger.model import KINDS, Model


def table(tagger: Model, judged: tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]) -> str:
    """One line each for all, for each kind and for each genre; ``judged`` is of ``export.chances``."""
    some, kind, truth, genres = judged
    covered = some >= tagger.thresholds[kind]
    personal = truth > 0
    lines = [f"thresholds {dict(zip(KINDS, tagger.thresholds.round(2).tolist(), strict=True))}"]
    precision, recall = (covered & personal).sum() / covered.sum(), (covered & personal).sum() / personal.sum()
    lines.append(f"all: P {precision:.3f} R {recall:.3f} F2 {5 * precision * recall / (4 * precision + recall):.3f}")
    for k, name in enumerate(KINDS):
        mine = (truth - 1) // 2 == k
        mine &= personal
        if mine.any():
            right = covered & mine & (kind == k)
            share, such = (covered & mine).sum() / mine.sum(), right.sum() / mine.sum()
            lines.append(f"  {name}: tokens {mine.sum()}, covered {share:.3f}, as such {such:.3f}")
    genre = np.array(genres)
    for name in sorted(set(genres)):
        mine = genre == name
        nothing = mine & ~personal
        recalled = (covered & mine & personal).sum() / max(1, (mine & personal).sum())
        needless = (covered & nothing).sum() / max(1, nothing.sum())
        lines.append(f"  {name}: tokens {mine.sum()}, covered {recalled:.3f}, without need {needless:.4f}")
    return "\n".join(lines)
