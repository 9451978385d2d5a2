"""What frameworks call the things that have another name here: layers, their attributes, types of elements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["hint_for"]

_CALLED: Mapping[str, str] = {
    word: ours
    for ours, words in {
        # layers
        "norm": "batchnorm batchnorm1d batchnorm2d batchnorm3d batchnormalization bn layernorm layernormalization "
        "groupnorm instancenorm instancenorm1d instancenorm2d instancenorm3d instancenormalization rmsnorm "
        "localresponsenorm lrn",
        "conv": "conv1d conv2d conv3d convolution",
        "depthwise": "depthwiseconv2d dwconv depthwiseconv dwconv2d",
        "transposed_conv": "convtranspose1d convtranspose2d convtranspose3d conv2dtranspose convtranspose deconv",
        "deformable_conv": "deformconv deformconv2d dcn dcnv2 modulateddeformconv2d",
        "linear": "dense fc fullyconnected gemm innerproduct",
        "matmul": "bmm batchmatmul dot",
        "max_pool": "maxpool maxpool1d maxpool2d maxpool3d maxpooling2d",
        "avg_pool": "avgpool avgpool1d avgpool2d avgpool3d averagepool averagepooling2d",
        "global_pool": "gap globalavgpool globalaveragepool globalaveragepooling2d",
        "global_max_pool": "globalmaxpool globalmaxpool2d globalmaxpooling2d gmp",
        "adaptive_avg_pool": "adaptiveavgpool1d adaptiveavgpool2d adaptiveavgpool3d adaptivepool",
        "adaptive_max_pool": "adaptivemaxpool1d adaptivemaxpool2d adaptivemaxpool3d",
        "max_unpool": "maxunpool1d maxunpool2d maxunpool3d unpool",
        "reduce": "mean sum amax amin reducemean reducesum reducemax reducemin",
        "swish": "silu",
        "hard_swish": "hardswish hswish",
        "hard_sigmoid": "hardsigmoid hsigmoid",
        "concat": "cat concatenate",
        "split": "chunk",
        "slice": "narrow",
        "pad": "zeropad2d zeropadding2d padding",
        "upsample": "interpolate resize upsampling2d",
        "reshape": "view unflatten squeeze unsqueeze expanddims",
        "permute": "transpose swapaxes movedim moveaxis",
        "crop": "cropping1d cropping2d cropping3d centercrop",
        "pixel_shuffle": "depthtospace subpixel",
        "pixel_unshuffle": "spacetodepth",
        "unfold": "im2col extractpatches",
        "scale": "layerscale scalefactor",
        "embedding": "wordembedding embeddingbag",
        "parameter": "param constant addweight",
        "multiply": "mul",
        "subtract": "sub",
        "divide": "div truediv",
        "log_sigmoid": "logsigmoid",
        "hard_tanh": "hardtanh",
        "clip": "clamp clipbyvalue",
        "channel_shuffle": "channelshuffle shuffle",
        # attributes
        "out": "channels outchannels outfeatures filters units outplanes planes numoutput cout outputchannels "
        "embeddingdim outputdim",
        "kernel": "kernelsize kernelshape poolsize ksize",
        "stride": "strides",
        "dilation": "dilations dilationrate",
        "padding": "pads",
        "groups": "numgroups",
        "bias": "usebias biasterm",
        "multiplier": "depthmultiplier channelmultiplier",
        "axis": "dim axes",
        "keep": "keepdim keepdims",
        "order": "perm dims",
        "shift": "shifts",
        "factor": "upscalefactor downscalefactor blocksize",
        "count": "numembeddings inputdim vocabsize",
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
    **dict.fromkeys(
        ("inchannels", "infeatures", "inplanes", "cin", "inputchannels"),
        ("out", "the layer before says how many channels enter"),
    ),
    **{f"uint{bits}": (f"int{bits}", f"`int{bits}` has as many bits") for bits in (4, 8, 16, 32)},
    **dict.fromkeys(("qint8", "quint8"), ("int8", "`int8` has as many bits")),
}
"""What is not quite the same: the word here, and how it stands to the other."""

_NOTHING = frozenset(
    ("logsoftmax", "lstm", "gru", "rnn", "attention", "multiheadattention", "fold", "topk", "sort", "cumsum")
)
"""Words of frameworks for which there is none here, though some look like one."""


def hint_for(name: str, candidates: Iterable[str]) -> str | None:
    """Return what a word of another framework is here, if that is a candidate; "" where there is nothing for it.

    Returns
    -------
    str or None
        None for a word that is no framework's.

    Examples
    --------
    >>> hint_for("out_channels", ["out", "kernel"]), hint_for("float16", ["fp16"]), hint_for("topk", ["slice"])
    ('it is called `out` here', 'it is called `fp16` here', '')
    >>> hint_for("grups", ["groups"]) is None
    True
    """
    word = name.rpartition(".")[2].casefold().replace("_", "").replace("-", "")
    known = set(candidates)
    if _CALLED.get(word) in known:
        return f"it is called `{_CALLED[word]}` here"
    alike = [ours for ours in known if "_" in ours and ours.replace("_", "") == word]
    if alike and name not in known:
        return f"it is called `{alike[0]}` here"
    ours, how = _INSTEAD.get(word, ("", ""))
    if ours in known:
        return how
    return "" if word in _NOTHING else None
