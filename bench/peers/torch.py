"""PyTorch, eager, in both layouts of memory."""

import torch
from torch import nn

from bench.peers.measure import Timed, repeated
from fastcnn.networks import Network

LAYOUTS = {"NCHW": torch.contiguous_format, "channels_last": torch.channels_last}
ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "softmax": lambda: nn.Softmax(1)}


class _Depthwise(nn.Module):
    """A depthwise convolution that learns its number of channels from its first input."""

    def __init__(self, kernel_size: int, strides: int, use_bias: bool):
        super().__init__()
        self.arguments = kernel_size, strides, use_bias
        self.convolution: nn.Module | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, C, H, W)."""
        if self.convolution is None:
            size, strides, use_bias = self.arguments
            self.convolution = nn.Conv2d(x.shape[1], x.shape[1], size, strides, bias=use_bias, groups=x.shape[1])
        return self.convolution(x)


def _layer(name: str, a: dict) -> nn.Module:
    """The module of one description, without its activation."""
    if name == "Conv2D":
        padding = a["kernel_size"] // 2 if a.get("padding") == "same" else 0  # odd windows, strides 1
        bias = a.get("use_bias", True)
        return nn.LazyConv2d(a["filters"], a["kernel_size"], a.get("strides", 1), padding, bias=bias)
    makers = {
        "DepthwiseConv2D": lambda: _Depthwise(a["kernel_size"], a.get("strides", 1), a.get("use_bias", True)),
        "BatchNormalization": lambda: nn.LazyBatchNorm2d(eps=1e-3, momentum=0.01),
        "ReLU": nn.ReLU,
        "MaxPooling2D": lambda: nn.MaxPool2d(a["pool_size"]),
        "AveragePooling2D": lambda: nn.AvgPool2d(a["pool_size"]),
        "GlobalAveragePooling2D": lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        "Flatten": nn.Flatten,
        "Dense": lambda: nn.LazyLinear(a["units"]),
        "Dropout": lambda: nn.Dropout(a["rate"]),
    }
    return makers[name]()


def module_of(network: Network) -> tuple[nn.Sequential, nn.Module]:
    """The network up to the logits, and the activation of the output."""
    made: list[nn.Module] = []
    for name, arguments in network.layers:
        made.append(_layer(name, arguments))
        if arguments.get("activation"):
            made.append(ACTIVATIONS[arguments["activation"]]())
    logits, last = nn.Sequential(*made[:-1]), made[-1]
    logits(torch.zeros(2, network.batch[3], *network.batch[1:3]))
    return logits, last


class Contestant:
    """One network."""

    def __init__(self, network: Network, threads: int):
        torch.set_num_threads(threads)
        self.network = network
        self.params = sum(t.numel() for n, t in self._module("NCHW")[0].state_dict().items() if "tracked" not in n)
        self.version = f"PyTorch {torch.__version__}"

    def _module(self, layout: str) -> tuple[nn.Sequential, nn.Module]:
        logits, last = module_of(self.network)
        return logits.to(memory_format=LAYOUTS[layout]), last

    def _images(self, layout: str, size: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        x, y = (torch.from_numpy(array) for array in self.network.data(size))
        return x.permute(0, 3, 1, 2).contiguous(memory_format=LAYOUTS[layout]), y

    def training(self) -> dict[str, Timed]:
        """A step with the fused Adam."""
        return {layout: self._step(layout) for layout in LAYOUTS}

    def _step(self, layout: str) -> Timed:
        def run(seconds: float) -> list[float]:
            module, (x, y) = self._module(layout)[0], self._images(layout)
            binary = self.network.classes == 1
            loss = nn.BCEWithLogitsLoss() if binary else nn.CrossEntropyLoss()
            target = y if binary else y[:, 0].long()
            optimizer = torch.optim.Adam(module.parameters(), fused=True)

            def step() -> None:
                optimizer.zero_grad()
                loss(module(x), target).backward()
                optimizer.step()

            return repeated(step)(seconds)

        return run

    def prediction(self, size: int) -> dict[str, Timed]:
        """Outputs in inference mode."""
        return {layout: self._prediction(layout, size) for layout in LAYOUTS}

    def _prediction(self, layout: str, size: int) -> Timed:
        def run(seconds: float) -> list[float]:
            module, (x, _) = nn.Sequential(*self._module(layout)).eval(), self._images(layout, size)
            with torch.inference_mode():
                return repeated(lambda: module(x))(seconds)

        return run
