"""Small modules that importers get wrong; every one takes 1×3×S×S."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class TiedLinear(nn.Module):
    """Encoder and decoder share one weight (autoencoder): params once; second use transposed."""

    def __init__(s):
        super().__init__()
        s.e = nn.Linear(192, 32, bias=False)
        s.p = nn.AdaptiveAvgPool2d(8)

    def forward(s, x):
        h = s.e(s.p(x).flatten(1))
        return F.linear(h, s.e.weight.t())


class SharedScales(nn.Module):
    """RetinaNet head: one tower over three pyramid levels, then a list of outputs."""

    def __init__(s):
        super().__init__()
        s.c = nn.Conv2d(3, 8, 3, padding=1)
        s.h = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(8, 9, 3, padding=1))

    def forward(s, x):
        x = s.c(x)
        return [s.h(x), s.h(F.max_pool2d(x, 2)), s.h(F.avg_pool2d(x, 4))]


class MHA(nn.Module):
    def __init__(s, fast=True):
        super().__init__()
        s.c = nn.Conv2d(3, 32, 16, 16)
        s.a = nn.MultiheadAttention(32, 4, batch_first=True)
        s.n = nn.LayerNorm(32)

    def forward(s, x):
        t = s.c(x).flatten(2).transpose(1, 2)
        y, _ = s.a(t, t, t, need_weights=False)
        return s.n(t + y).mean(1)


class MHAWeights(MHA):
    def forward(s, x):
        t = s.c(x).flatten(2).transpose(1, 2)
        y, _ = s.a(t, t, t, need_weights=True)
        return s.n(t + y).mean(1)


class Encoder(nn.Module):
    """nn.TransformerEncoderLayer has a fast path that is one fused op in eval mode."""

    def __init__(s):
        super().__init__()
        s.c = nn.Conv2d(3, 32, 16, 16)
        s.e = nn.TransformerEncoder(nn.TransformerEncoderLayer(32, 4, 64, batch_first=True), 2)

    def forward(s, x):
        return s.e(s.c(x).flatten(2).transpose(1, 2)).mean(1)


class Functional(nn.Module):
    """No modules at all: everything is F.* on parameters."""

    def __init__(s):
        super().__init__()
        s.w = nn.Parameter(torch.randn(8, 3, 3, 3))
        s.b = nn.Parameter(torch.zeros(8))
        s.d = nn.Parameter(torch.randn(8, 1, 3, 3))
        s.l = nn.Parameter(torch.randn(10, 8))
        s.g = nn.Parameter(torch.ones(8))
        s.register_buffer("m", torch.zeros(8))
        s.register_buffer("v", torch.ones(8))

    def forward(s, x):
        x = F.conv2d(x, s.w, s.b, 2, 1)
        x = F.batch_norm(x, s.m, s.v, s.g, s.b)
        x = x.clamp(0, 6)
        x = F.conv2d(x, s.d, None, 1, 1, 1, 8)
        return F.adaptive_avg_pool2d(x, 1).flatten(1) @ s.l.t()


class Inplace(nn.Module):
    def __init__(s):
        super().__init__()
        s.a = nn.Conv2d(3, 8, 3, 1, 1)
        s.b = nn.Conv2d(8, 8, 3, 1, 1)

    def forward(s, x):
        x = s.a(x)
        y = s.b(x)
        y += x
        y.relu_()
        y[:, :4] = x[:, 4:]
        y *= y.mean((2, 3), keepdim=True).sigmoid_()
        return y


class StringSame(nn.Module):
    """padding='same' as a word, even kernel: torch pads asymmetrically."""

    def __init__(s):
        super().__init__()
        s.c = nn.Conv2d(3, 8, 4, padding="same", bias=False)
        s.d = nn.Conv2d(8, 8, 3, padding="same", dilation=2, padding_mode="reflect")

    def forward(s, x):
        return s.d(s.c(x))


class ControlValue(nn.Module):
    """Depends on values: cannot be traced without data."""

    def __init__(s):
        super().__init__()
        s.a = nn.Conv2d(3, 8, 3, 1, 1)
        s.b = nn.Conv2d(3, 8, 1)

    def forward(s, x):
        return s.a(x) if x.sum() >= 0 else s.b(x)


class ControlShape(nn.Module):
    """Depends on the size: traceable at a size, another graph at another size."""

    def __init__(s):
        super().__init__()
        s.a = nn.Conv2d(3, 8, 3, 1, 1)
        s.b = nn.Conv2d(8, 8, 3, 2, 1)

    def forward(s, x):
        x = s.a(x)
        while x.shape[-1] > 8:
            x = s.b(x)
        return x


class StochasticDepth(nn.Module):
    """A loop over a Python list with modules left out in eval mode."""

    def __init__(s):
        super().__init__()
        s.s = nn.Conv2d(3, 8, 1)
        s.l = nn.ModuleList(nn.Conv2d(8, 8, 3, 1, 1) for _ in range(4))
        s.p = 0.5

    def forward(s, x):
        x = s.s(x)
        for m in s.l:
            if s.training and torch.rand(()) < s.p:
                continue
            x = x + m(x)
        return x


class Unused(nn.Module):
    """A head that never runs: its parameters are the model's, but not the graph's."""

    def __init__(s):
        super().__init__()
        s.a = nn.Conv2d(3, 8, 3, 1, 1)
        s.never = nn.Linear(1000, 1000)
        s.aux = nn.Conv2d(8, 8, 1)

    def forward(s, x):
        x = s.a(x)
        y = s.aux(x) if s.training else None
        return x if y is None else (x, y)


class WeightStd(nn.Module):
    """The weight is computed: standardised before the conv (BiT, NFNet)."""

    def __init__(s):
        super().__init__()
        s.w = nn.Parameter(torch.randn(8, 3, 3, 3))
        s.g = nn.Parameter(torch.ones(8, 1, 1, 1))

    def forward(s, x):
        v, m = torch.var_mean(s.w, (1, 2, 3), keepdim=True)
        return F.conv2d(x, (s.w - m) * torch.rsqrt(v + 1e-5) * s.g, None, 1, 1)


class DynamicConv(nn.Module):
    """CondConv: the kernel is a mixture chosen by the input; batch becomes groups."""

    def __init__(s):
        super().__init__()
        s.r = nn.Linear(3, 4)
        s.w = nn.Parameter(torch.randn(4, 8 * 3 * 9))

    def forward(s, x):
        b, c, h, w = x.shape
        k = (torch.sigmoid(s.r(x.mean((2, 3)))) @ s.w).view(b * 8, 3, 3, 3)
        return F.conv2d(x.reshape(1, b * c, h, w), k, None, 1, 1, 1, b).view(b, 8, h, w)


class Einsum(nn.Module):
    def __init__(s):
        super().__init__()
        s.q = nn.Conv2d(3, 16, 1)
        s.k = nn.Conv2d(3, 16, 1)

    def forward(s, x):
        q, k = s.q(x), s.k(x)
        a = torch.einsum("bchw,bcjw->bhwj", q, k).softmax(-1)
        return torch.einsum("bhwj,bcjw->bchw", a, k)


class Conv1d3d(nn.Module):
    def __init__(s):
        super().__init__()
        s.a = nn.Conv1d(3, 8, 5, 2, 2)
        s.b = nn.Conv3d(1, 4, 3, padding=1)
        s.c = nn.Conv3d(4, 4, (1, 3, 3), groups=4)

    def forward(s, x):
        y = s.a(x.flatten(2))
        z = s.c(s.b(x[:, None]))
        return y.mean(2), z.mean((2, 3, 4))


class NoBatchBN(nn.Module):
    """Norms without affine, without statistics, of groups, instances and neighbours; PReLU with one slope and many."""

    def __init__(s):
        super().__init__()
        s.c = nn.Conv2d(3, 8, 1)
        s.n = nn.ModuleList(
            [
                nn.BatchNorm2d(8, affine=False),
                nn.BatchNorm2d(8, track_running_stats=False),
                nn.GroupNorm(4, 8),
                nn.InstanceNorm2d(8, affine=True),
                nn.LocalResponseNorm(5),
                nn.PReLU(),
                nn.PReLU(8),
                nn.LeakyReLU(),
                nn.ELU(),
                nn.Softmax2d(),
            ]
        )

    def forward(s, x):
        x = s.c(x)
        for n in s.n:
            x = n(x)
        return x


class TwoInOne(nn.Module):
    """The same submodule under two names, and a parameter that is also a buffer's alias."""

    def __init__(s):
        super().__init__()
        s.a = nn.Conv2d(3, 8, 3, padding=1)
        s.b = nn.Conv2d(8, 8, 3, padding=1)
        s.c = s.b
        s.s = nn.Sequential(s.b, nn.ReLU(), s.b)

    def forward(s, x):
        return s.c(s.s(s.b(s.a(x))))


class Views(nn.Module):
    """Writes through views: of a slice, of a view of it, of a chunk; and reads of the base and of another view."""

    def __init__(s):
        super().__init__()
        s.a = nn.Conv2d(3, 8, 1)
        s.b = nn.Conv2d(4, 4, 1)
        s.c = nn.Conv2d(8, 2, 1)

    def forward(s, x):
        x = s.a(x)
        first, second = x.chunk(2, 1)
        flat = second.view(1, 4, -1)
        flat.mul_(2)
        first.add_(s.b(second))
        return s.c(x)


class Caught(nn.Module):
    """Changes itself as it runs, and fails where it is told to."""

    def __init__(s, fails=False):
        super().__init__()
        s.a = nn.Conv2d(3, 8, 1)
        s.n = nn.BatchNorm2d(8)
        s.register_buffer("seen", torch.zeros(1))
        s.fails = fails
        s.runs = 0

    def forward(s, x):
        s.runs += 1
        s.seen += 1
        x = s.n(s.a(x))
        if s.fails:
            raise ValueError("as told")
        return {"map": x, "more": [x.mean((2, 3)), "word"]}


class Constants(nn.Module):
    """Reads the values of tensors that it makes itself: not of what comes in."""

    def __init__(s):
        super().__init__()
        s.a = nn.Conv2d(3, 8, 1)

    def forward(s, x):
        sizes = torch.tensor([2, 4]) * 2
        for size in sizes.tolist():
            x = F.interpolate(x, (size, size))
        return s.a(x) + torch.arange(8).view(1, 8, 1, 1)


class Recurrent(nn.Module):
    """A recurrent layer in both directions, of which the last state is read too."""

    def __init__(s):
        super().__init__()
        s.r = nn.GRU(16, 8, 2, batch_first=True, bidirectional=True)
        s.l = nn.Linear(8, 2)

    def forward(s, x):
        y, h = s.r(x)
        return y.mean(1), s.l(h[-1])


class Tokens(nn.Module):
    """A table of tokens whose weights are the last layer's too."""

    def __init__(s):
        super().__init__()
        s.e = nn.Embedding(50, 8)
        s.l = nn.Linear(8, 50, bias=False)
        s.l.weight = s.e.weight

    def forward(s, ids):
        return s.l(s.e(ids))
