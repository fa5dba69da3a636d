"""Runs under the Python that has Presidio: finds in texts, or evaluates findings. One request in, one line of JSON out.

Presidio is used as it comes but for two things: without a spaCy model (none can be had offline) a blank English one
stands in, so that only its recognisers by pattern look, and the remark says so; and its list of public suffixes is the
one in its package, as it would otherwise ask the network for each new one.
"""

import contextlib
import io
import json
import statistics
import sys
import time
import warnings

MODELS = ("en_core_web_lg", "en_core_web_sm")
THRESHOLD = 0.35


def analyzer():
    """Presidio's analyzer, and what there is to know about it."""
    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    model = next((one for one in MODELS if spacy.util.is_package(one)), None)
    engine = SpacyNlpEngine(
        models=[{"lang_code": "en", "model_name": model or "blank"}], ner_model_configuration=NerModelConfiguration()
    )
    engine.nlp = {"en": spacy.load(model) if model else spacy.blank("en")}
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    remark = f"with {model}" if model else "without a language model: its recognisers by pattern alone"
    return AnalyzerEngine(nlp_engine=engine, registry=registry, supported_languages=["en"]), remark


def find(request):
    """What Presidio finds in each text, and how fast."""
    engine, remark = analyzer()

    def look(text):
        return engine.analyze(text, "en", score_threshold=THRESHOLD)

    found = [[[one.start, one.end, one.entity_type, one.score] for one in look(text)] for text in request["texts"]]
    best, paces, p99s = 0.0, [], []
    for _ in range(request["rounds"]):
        began = time.perf_counter()
        look(request["long"])
        best = max(best, len(request["long"]) / (time.perf_counter() - began))
        times = []
        for text in request["texts"]:
            began = time.perf_counter()
            look(text)
            times.append(time.perf_counter() - began)
        paces.append(sum(map(len, request["texts"])) / sum(times))
        p99s.append(statistics.quantiles(times, n=100)[-1] * 1e3)
    return {
        "found": found,
        "remark": remark,
        "pace": {"office": best, "documents": max(paces), "p99_ms": statistics.median(p99s)},
    }


def evaluate(request):
    """What presidio-research's evaluators say, any class against none, with their own list of skipped words."""
    try:
        import pandas
        import spacy
        from presidio_evaluator import span_to_tag
        from presidio_evaluator.evaluation import SpanEvaluator, TokenEvaluator
    except ImportError:
        return {"rates": None}
    blank = spacy.blank("en")
    columns = {name: [] for name in ("sentence_id", "token", "annotation", "prediction", "start_indices")}
    for number, one in enumerate(request["documents"]):
        tokens = blank(one["text"])
        marked, found = (
            span_to_tag(
                "IO",
                one["text"],
                [span[0] for span in one[side]],
                [span[1] for span in one[side]],
                ["PII"] * len(one[side]),
                tokens=tokens,
            )
            for side in ("marked", "found")
        )
        columns["sentence_id"] += [number] * len(tokens)
        columns["token"] += [str(token) for token in tokens]
        columns["annotation"] += marked
        columns["prediction"] += found
        columns["start_indices"] += [token.idx for token in tokens]
    table = pandas.DataFrame(columns)
    rates = {}
    for name, evaluator in (
        ("tokens", TokenEvaluator()),
        ("spans", SpanEvaluator(iou_threshold=0.9)),
        ("spans_loose", SpanEvaluator(iou_threshold=0.7)),
    ):
        score = evaluator.calculate_score_on_df(results_df=table, beta=2.0, level="pii")
        rates[name] = {"precision": score.pii_precision, "recall": score.pii_recall, "f": score.pii_f}
    return {"rates": rates}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    asked = json.load(sys.stdin)
    with contextlib.redirect_stdout(io.StringIO()):
        answer = {"find": find, "evaluate": evaluate}[asked["do"]](asked)
    print(json.dumps(answer))
