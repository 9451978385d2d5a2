"""What frameworks call the things that have another name here: layers, their attributes, types of elements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["hint_for"]

_CALLED: Mapping[str, str] = {
    word: ours
    for ours, words in {
        # layers
        "norm": "batchnorm batchnorm2d batchnormalization bn layernorm layernormalization groupnorm instancenorm2d",
        "conv": "conv2d convolution",
        "depthwise": "depthwiseconv2d dwconv depthwiseconv dwconv2d",
        "transposed_conv": "convtranspose2d conv2dtranspose convtranspose deconv",
        "linear": "dense fc fullyconnected gemm innerproduct",
        "matmul": "bmm batchmatmul dot",
        "max_pool": "maxpool maxpool2d maxpooling2d",
        "avg_pool": "avgpool avgpool2d averagepool averagepooling2d",
        "global_pool": "gap globalavgpool globalaveragepool globalaveragepooling2d mean reducemean",
        "adaptive_avg_pool": "adaptiveavgpool2d adaptivepool",
        "swish": "silu",
        "hard_swish": "hardswish hswish",
        "hard_sigmoid": "hardsigmoid hsigmoid",
        "concat": "cat concatenate",
        "split": "chunk",
        "pad": "zeropad2d zeropadding2d padding",
        "upsample": "interpolate resize upsampling2d",
        "reshape": "view unflatten",
        "multiply": "mul",
        "channel_shuffle": "channelshuffle shuffle",
        # attributes
        "out": "channels outchannels outfeatures filters units outplanes planes numoutput cout outputchannels",
        "kernel": "kernelsize kernelshape poolsize ksize",
        "stride": "strides",
        "dilation": "dilations dilationrate",
        "padding": "pads",
        "groups": "numgroups",
        "bias": "usebias biasterm",
        "multiplier": "depthmultiplier channelmultiplier",
        "scale": "scalefactor",
        # types of elements
        "fp64": "float64 double",
        "fp32": "float32 float single",
        "fp16": "float16 half",
        "bf16": "bfloat16",
        "fp8": "float8 float8e4m3fn float8e5m2",
    }.items()
    for word in words.split()
}
"""Words of PyTorch, Keras, ONNX and Caffe, without case and underscores, and the word for the same thing here."""

_INSTEAD: Mapping[str, tuple[str, str]] = {
    "einsum": ("matmul", "`matmul` is the product of two maps, channel by channel"),
    "leakyrelu": ("relu", "`relu` is an activation without parameters too"),
    **dict.fromkeys(
        ("inchannels", "infeatures", "inplanes", "cin", "inputchannels"),
        ("out", "the layer before says how many channels enter"),
    ),
    **{f"uint{bits}": (f"int{bits}", f"`int{bits}` has as many bits") for bits in (4, 8, 16, 32)},
    **dict.fromkeys(("qint8", "quint8"), ("int8", "`int8` has as many bits")),
}
"""What is not quite the same: the word here, and how it stands to the other."""

_NOTHING = frozenset(
    (
        "elu", "selu", "celu", "mish", "softplus", "softsign", "logsoftmax", "permute", "transpose", "squeeze",
        "unsqueeze", "embedding", "lstm", "gru", "rnn", "attention", "multiheadattention", "conv1d", "conv3d", "sum",
        "sub", "div", "roll", "fold", "unfold", "gather", "pixelshuffle", "pixelunshuffle", "depthtospace",
        "spacetodepth",
    )
)  # fmt: skip
"""Words of frameworks for which there is none here, though some look like one."""


def hint_for(name: str, candidates: Iterable[str]) -> str | None:
    """Return what a word of another framework is here, if that is a candidate; "" where there is nothing for it.

    Returns
    -------
    str or None
        None for a word that is no framework's.

    Examples
    --------
    >>> hint_for("out_channels", ["out", "kernel"]), hint_for("float16", ["fp16"]), hint_for("mish", ["swish"])
    ('it is called `out` here', 'it is called `fp16` here', '')
    >>> hint_for("grups", ["groups"]) is None
    True
    """
    word = name.rpartition(".")[2].casefold().replace("_", "").replace("-", "")
    known = set(candidates)
    if _CALLED.get(word) in known:
        return f"it is called `{_CALLED[word]}` here"
    ours, how = _INSTEAD.get(word, ("", ""))
    if ours in known:
        return how
    return "" if word in _NOTHING else None
