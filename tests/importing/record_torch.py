"""Write the recordings anew, where torch, torchvision, timm and transformers are installed: python record_torch.py."""

from __future__ import annotations

import importlib
import json

from torch_rows import AWKWARD, BY_HAND, RECORDINGS, measured, shape_of

from flopcalc.importing.torch.capture import Input, capture

KEPT = ("torchvision-resnet18", "torchvision-squeezenet1_1", "timm-mobilenetv1_100", "transformers-DistilBertModel")
"""Those of other sources that are kept: small ones."""


def built(source: str, model: str, kwargs: str) -> object:
    """Return a model of a row."""
    if source == "awkward":
        return getattr(importlib.import_module(AWKWARD.stem), model)()
    given = json.loads(kwargs)
    if source == "timm":
        return importlib.import_module("timm").create_model(model, **given)
    if source == "transformers":
        library = importlib.import_module("transformers")
        return getattr(library, model)(getattr(library, given["config"])())
    if source == "pytorchcv":
        return importlib.import_module("pytorchcv.model_provider").get_model(model, **given)
    models = importlib.import_module("torchvision.models")
    return models.get_model_builder(model)(**given)


def main() -> None:
    """Record every awkward module that can be, and the models that are kept."""
    rows = [(row["source"], row["model"], row["kwargs"], shape_of(row["input"])) for row in measured()]
    rows += [("awkward", name, "{}", shape) for name, (shape, _, _) in BY_HAND.items()]
    for source, model, kwargs, shape in rows:
        if source == "awkward" or f"{source}-{model}" in KEPT:
            recording = capture(built(source, model, kwargs), [Input((1, *shape))])
            (RECORDINGS / f"{source}-{model}.json").write_text(recording.to_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
