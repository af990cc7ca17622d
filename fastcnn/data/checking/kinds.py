"""Everything that a check can find, in the order in which it is told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One sort of finding. error : training would stop at it, or learn something false; else it is a remark."""

    title: str
    advice: str
    error: bool = False


@dataclass(frozen=True)
class Finding:
    """One thing found: the name of its kind, the files or folders, relative to what was checked, and particulars."""

    kind: str
    paths: tuple[str, ...]
    detail: str = ""


KINDS: dict[str, Kind] = {
    "unreadable": Kind(
        "cannot be used", 'delete or replace them, or train with on_error="skip", which leaves them out', error=True
    ),
    "contradiction": Kind("the same photo in two classes", "keep it in the right class only", error=True),
    "leak": Kind("the same photo for training and for testing", "remove it from one of the two", error=True),
    "empty class": Kind("classes without photos", "add photos or remove the folder", error=True),
    "missing class": Kind("classes that are in one set only", "every set needs the same class folders", error=True),
    "loose": Kind("photos outside any class", "move each into the folder of its class", error=True),
    "duplicate": Kind("the same photo twice in a class", "it counts twice in training; keep one"),
    "few": Kind("classes with few photos", "a network needs tens of photos a class, better hundreds"),
    "imbalance": Kind("classes of very different size", "collect more of the small ones, or use class_weight"),
    "alike names": Kind("class names that are nearly the same", "they are probably meant to be one class"),
    "wrong extension": Kind("named for another format than their content", "read all the same; rename them"),
    "left out": Kind("files that are not read", "convert them if they are photos, or remove them"),
    "hidden": Kind("hidden files and folders, not read", "usually left by programs; rename them if they are photos"),
    "link": Kind("links to files", "they are read; copies are safer when the folder moves"),
    "odd name": Kind("names with control characters or broken encoding", "rename them for other programs"),
    "tiny": Kind("very small", "enlarging them adds nothing; check that they are not thumbnails"),
    "huge": Kind("much larger than the others", "they take longest to decode; shrink them once"),
    "long": Kind("extremely long or wide", "resizing distorts them; keep_aspect_ratio=True crops instead"),
    "grey": Kind("grey among colour photos", "their three channels will be equal; a network may learn just that"),
    "alpha": Kind("with transparency", "it is dropped unless background=(r, g, b) is given"),
    "palette": Kind("with a palette", "converted to RGB"),
    "cmyk": Kind("in print colours (CMYK)", "converted to RGB, roughly"),
    "deep": Kind("with 16 bits a channel", "reduced to 8 bits"),
    "animated": Kind("animated", "only the first frame is used"),
    "turned": Kind("turned by their EXIF tag", "turned upright when read; other programs may not do so"),
}
