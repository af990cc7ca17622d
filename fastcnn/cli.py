"""The command `fastcnn`: demo, check, preview, run, profile, backends, --version."""

import argparse
import sys
from collections.abc import Sequence

from fastcnn import __version__

_INTERRUPTED = 130  # what shells report for a program that Ctrl-C ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code: 0, 1 for an error, 2 for wrong usage, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options) or 0
    except KeyboardInterrupt:
        print("fastcnn: stopped by Ctrl-C", file=sys.stderr)
        return _INTERRUPTED
    except _user_errors() as error:
        print(f"fastcnn: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1


def _user_errors() -> tuple[type[Exception], ...]:
    """What a wrong folder, file or setting raises; anything else is a fault of ours and keeps its traceback."""
    from fastcnn.kernels.backends import BackendUnavailableError
    from fastcnn.training.execute import NonFiniteLossError

    return OSError, ValueError, BackendUnavailableError, NonFiniteLossError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fastcnn", description="Train and use small image classifiers on a CPU.")
    parser.add_argument("--version", action="version", version=f"fastcnn {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    demo = commands.add_parser("demo", help="train a network on drawn photos, or on your own", description=_DEMO)
    demo.add_argument("path", nargs="?", help="your folder of photos; without it, photos are drawn")
    demo.add_argument("--output", default="fastcnn_demo", help="folder for the model and drawn photos (%(default)s)")
    demo.add_argument("--epochs", type=_positive, default=15, help="passes over the photos (%(default)s)")
    demo.add_argument("--image-size", type=_positive, default=64, help="pixels, height and width (%(default)s)")
    demo.add_argument("--backend", help="cython, numba, numpy ... (the fastest one that needs no warm-up)")
    demo.add_argument("--seed", type=_whole, default=1, help="the same seed gives the same result (%(default)s)")
    demo.add_argument("--threads", type=_positive, help="threads that compute (one a processor)")
    demo.set_defaults(command=_demo)
    _add_check(commands)
    _add_preview(commands)
    _add_run(commands)
    _add_profile(commands)
    backends = commands.add_parser("backends", help="list what can compute here, and why the rest cannot")
    backends.set_defaults(command=_backends)
    return parser


def _add_check(commands: argparse._SubParsersAction) -> None:
    check = commands.add_parser("check", help="report what is wrong with a folder of photos", description=_CHECK)
    check.add_argument("folder", help="one subfolder of photos a class, or training_set and test_set of such")
    check.add_argument("--html", metavar="FILE", help="write a page with thumbnails, too")
    check.add_argument("--json", metavar="FILE", help="write everything as JSON, too")
    check.add_argument("--all", action="store_true", help="list every finding, not ten of a kind")
    check.add_argument("--strict", action="store_true", help="exit with 1 for remarks, too")
    check.add_argument("--workers", type=_positive, help="photos decoded at the same time (one a processor)")
    check.set_defaults(command=_check)


def _add_preview(commands: argparse._SubParsersAction) -> None:
    preview = commands.add_parser("preview", help="draw photos of a folder, augmented", description=_PREVIEW)
    preview.add_argument("folder", help="one subfolder of photos a class, or training_set and test_set of such")
    preview.add_argument("--augment", default="", metavar="SETTINGS", help='"rotation_range=20,horizontal_flip=True"')
    preview.add_argument("--output", default="preview.png", help="the picture to write (%(default)s)")
    preview.add_argument("--image-size", type=_positive, default=128, help="pixels, height and width (%(default)s)")
    preview.add_argument("--rows", type=_positive, default=6, help="photos below each other (%(default)s)")
    preview.add_argument("--columns", type=_positive, default=8, help="photos beside each other (%(default)s)")
    preview.add_argument("--seed", type=_whole, default=1, help="the same seed gives the same picture (%(default)s)")
    preview.set_defaults(command=_preview)


def _add_run(commands: argparse._SubParsersAction) -> None:
    run = commands.add_parser("run", help="run a Keras script unchanged", description=_RUN)
    run.add_argument("--era", choices=("keras2", "keras3"), help="whose numeric defaults hold (found out by itself)")
    run.add_argument("--traceback", action="store_true", help="show fastcnn's own lines in errors, too")
    run.add_argument("script", help="a Python file that imports keras or tensorflow.keras")
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="the script's own arguments")
    run.set_defaults(command=_run)


def _add_profile(commands: argparse._SubParsersAction) -> None:
    profile = commands.add_parser("profile", help="show where a step's time goes", description=_PROFILE)
    profile.add_argument("target", help="a model file (.fcnn), a script (.py), or a network's name such as mnist_cnn")
    profile.add_argument("--batch", type=_positive, help="images in a step (the target's own; 32 for a model file)")
    profile.add_argument("--backend", help="cython, numba, numpy ... (the model's own)")
    profile.add_argument("--threads", type=_positive, help="threads that compute (one a processor)")
    profile.add_argument("--predict", action="store_true", help="a prediction instead of a training step")
    profile.add_argument("--in-order", action="store_true", help="list kernels as they run, not the slowest first")
    profile.set_defaults(command=_profile)


_CHECK = """Decodes every photo and compares them: unreadable files, the same photo in two classes or for training and
testing, odd sizes and colours, names, class sizes. Exits with 1 when something needs mending, else with 0."""

_PREVIEW = """Writes one picture with photos of every class and their labels. With --augment, each row holds one photo:
as it is, and then as ImageDataGenerator changes it with these settings."""

_PROFILE = """Times every kernel of a training step and sets it beside what this machine could do. A model file gets
random data. A script runs up to its first fit, fit_generator or train_on_batch; that model and batch are profiled, and
the rest of the script is left out."""

_RUN = """Runs a script as python would, but `import keras`, `tensorflow` and `keras_preprocessing` give fastcnn. For a
trial, the environment variables FASTCNN_MAX_EPOCHS and FASTCNN_MAX_STEPS cap every training."""

_DEMO = """Trains a small network and tells what it does. PATH holds one subfolder per class; or training_set and
test_set (or train and test, validation, val) with one subfolder per class in each."""


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a whole number from 0 up. Received: {text!r}")
    return int(text)


def _positive(text: str) -> int:
    number = _whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 up. Received: {text!r}")
    return number


def _demo(options: argparse.Namespace) -> None:
    from fastcnn.demo.run import Settings, run
    from fastcnn.kernels.threads import set_num_threads

    if options.threads is not None:
        set_num_threads(options.threads)
    names = ("path", "output", "epochs", "image_size", "seed", "backend")
    run(Settings(**{name: getattr(options, name) for name in names}))


def _check(options: argparse.Namespace) -> int:
    from fastcnn.data.checking import check_folder
    from fastcnn.utils.progbar import Progbar

    bars: list[Progbar] = []

    def progress(done: int, total: int) -> None:
        if not bars:
            bars.append(Progbar(total, unit_name="photo"))
        bars[0].update(done)

    report = check_folder(options.folder, options.workers, progress if sys.stdout.isatty() else None)
    report.print(options.all)
    if options.json:
        report.to_json(options.json)
    if options.html:
        report.to_html(options.html)
        print(f"Page: {options.html}")
    return int(bool(report.errors or (options.strict and report.findings)))


def _preview(options: argparse.Namespace) -> None:
    from fastcnn.demo.folders import training_part
    from fastcnn.preprocessing.preview_folder import preview_folder

    grid = (options.rows, options.columns)
    size, seed = options.image_size, options.seed
    print(preview_folder(training_part(options.folder), options.augment, options.output, size, seed, *grid))


def _run(options: argparse.Namespace) -> int:
    from fastcnn.compat.running import run

    return run(options.script, options.arguments, options.era, options.traceback)


def _profile(options: argparse.Namespace) -> None:
    from fastcnn.kernels.threads import set_num_threads
    from fastcnn.profile_target import resolve
    from fastcnn.profiling import profile, profile_lines

    if options.threads is not None:
        set_num_threads(options.threads)
    model, x, y = resolve(options.target, options.batch)
    if options.backend is not None:
        model.to(options.backend)
    if y is None and not options.predict:
        raise ValueError(f"{options.target} holds no compiled model: profile its prediction with --predict")
    found = profile(model, x, None if options.predict else y)
    print("\n".join(profile_lines(found, by_time=not options.in_order)))


def _backends(options: argparse.Namespace) -> None:
    """Prints one line a backend: its name, a star for the default, and whether it can run here."""
    from fastcnn.kernels.threads import get_num_threads
    from fastcnn.switching import available_backends, default_backend

    default = default_backend()
    print(f"{'backend':10} {'default':8} available")
    for name, reason in available_backends().items():
        star = "*" if name == default else ""
        print(f"{name:10} {star:8} {'yes' if reason is None else f'no: {reason}'}")
    print(f"\nthreads: {get_num_threads()} (change with FASTCNN_NUM_THREADS or fastcnn.set_num_threads)")
