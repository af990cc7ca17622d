"""Every kernel's name, arguments, layout, type and guarantees, stated once. Calling an entry checks its arguments.

Letters    N images, H rows, W columns, C channels, KH x KW window, F filters, I inputs, U units, M rows of a matrix.
Arrays     C-contiguous, no empty axis; float32 or float64, the same for all real arrays of a call.
Outputs    are written into the arrays passed, every element of them; inputs are never modified; an output may be the
           same array as the input named in `may_alias`. `*_update` alone works in place.
Gradients  backward kernels overwrite, never accumulate. The loss divides by N once (in `scale`); no other kernel does.
Padding    ((top, bottom), (left, right)) in pixels, of zeros for convolution, of nothing for pooling.
Ties       max pooling takes the first maximum in row-major order, so that all backends agree exactly.
Sums       that cross threads are done in fixed blocks in a fixed order: same bits on any number of threads.
Threads    at most threads.get_num_threads(); serial below a stated amount of work.
Work       scratch memory; a backend that needs some has a function `<kernel>_work(shapes, itemsize, **params)` beside
           the kernel that returns its length in elements (shapes: argument name -> canonical shape), never less for a
           larger N.
Optional   entries marked so may be missing in a backend; the engine fuses only what a backend offers. A backend that
           takes only some arguments says so in `<kernel>_offered(shapes, **params) -> bool` beside the kernel.
Packed     an array in a backend's own order; `<kernel>_size(shape, **params)` beside the kernel that packs it is its
           length in elements.
"""

from fastcnn.kernels.contract import (
    adaptive,
    curves,
    depthwise,
    fused,
    fused_normalization,
    image,
    network,
    resample,
    tones,
    training,
)
from fastcnn.kernels.contract.registry import KERNELS, Kernel

__all__ = [
    "KERNELS",
    "Kernel",
    "adaptive",
    "curves",
    "depthwise",
    "fused",
    "fused_normalization",
    "image",
    "network",
    "resample",
    "tones",
    "training",
]
