"""The least that one cost of a block can be while another is held fast.

- :mod:`~flopcalc.theory.minima.curve`: the cost along the curve on which the other is held.
- :mod:`~flopcalc.theory.minima.finding`: the least on that curve, with its proofs.
- :mod:`~flopcalc.theory.minima.derivation`: the same, proved once more and put into words.
"""
