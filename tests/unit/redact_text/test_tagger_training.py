"""Does the model at run time say what the model in training says?"""

import numpy as np
import torch
from scripts.tagger import export
from scripts.tagger.encode import encode
from scripts.tagger.train import BUCKETS, Batches, Net, choose_vocabulary

from aboveboard.recorder.redact.text.tagger.model import KINDS, TAGS
from aboveboard.recorder.redact.text.tagger.stored import decode
from aboveboard.recorder.redact.text.tagger.tokens import build_tables, tokenize

TEXTS = [
    [("Dear ", ""), ("Nora Quill", "name"), (", the report is here.", "")],
    [("Save the file", "")],
    [("Nora Quill lives in ", ""), ("Upper Dale", "place"), ("\n12 items, one of them 日本語 and Здравствуйте", "")],
]


def test_both_give_the_same_chances_but_for_rounding() -> None:
    torch.manual_seed(3)
    tables = build_tables()
    data = encode([("en", pieces) for pieces in TEXTS], tables, BUCKETS)
    vocabulary, rows = choose_vocabulary(data, least=1)
    net = Net(len(vocabulary)).eval()
    model = decode(export.pack(net, tables, vocabulary, 7, np.full(len(KINDS), 0.5)), 7)
    *inputs, _ = Batches(data, rows).make(np.arange(len(TEXTS)), None)
    with torch.no_grad():
        expected = net(*inputs).softmax(dim=2).numpy()
    for place, pieces in enumerate(TEXTS):
        tokens = tokenize("".join(text for text, _ in pieces), tables)
        found = model.tags(tokens)
        assert found.shape == (len(tokens.start), TAGS)
        assert np.allclose(found, expected[place, : len(tokens.start)], atol=0.01)
        assert found.std() > 0.005


def test_the_thresholds_with_the_best_f2_are_chosen() -> None:
    some = np.array([0.9, 0.8, 0.3, 0.25, 0.2, 0.2, 0.05])
    kind = np.array([0, 0, 0, 0, 1, 1, 0])
    truth = np.array([1, 1, 1, 0, 0, 0, 0])
    chosen = export.choose(some, kind, truth)
    assert 0.25 < chosen[0] <= 0.3
    assert chosen[1] > 0.2


def test_a_model_keeps_all_but_its_thresholds() -> None:
    tables = build_tables()
    content = export.pack(Net(4), tables, np.arange(4, dtype=np.uint32), 7, np.full(len(KINDS), 0.5))
    changed = decode(export.with_thresholds(content, np.full(len(KINDS), 0.25)), 7)
    assert changed.thresholds.tolist() == [0.25] * len(KINDS)
    assert (changed.word == decode(content, 7).word).all()
