"""The least memory access cost at the same FLOPs, kernels and groups.

- :mod:`~flopcalc.theory.bounds.convolution`: of one convolution, ShuffleNetV2's guideline 1.
- :mod:`~flopcalc.theory.bounds.network`: of every convolution of a network, and what they come to.
- :mod:`~flopcalc.theory.bounds.rivals`: the second road, other convolutions in plain numbers.
"""
