"""A small model for the tests of the native file, and files of it that the writer would never make."""

import hashlib
import json

import numpy as np

PREFIX = b'{"__metadata__":{"fastcnn.sha256":"'
DIGEST = slice(8 + len(PREFIX), 8 + len(PREFIX) + 64)


def small_model() -> tuple[dict, dict[str, np.ndarray], dict]:
    """Config, arrays and training state; the config describes each array as [name, shape, dtype]."""
    rng = np.random.default_rng(7)
    arrays = {
        "conv2d/weights": rng.standard_normal((3, 3, 3, 4)).astype("float32"),
        "conv2d/biases": rng.standard_normal(4).astype("float32"),
        "dense/weights": rng.standard_normal((16, 5)),
        "optimizer/step": np.array(118, "int64"),
        "mask": rng.random(13) < 0.5,
    }
    config = {
        "name": "small",
        "layers": [[name, list(array.shape), array.dtype.name] for name, array in arrays.items()],
    }
    return config, arrays, {"epoch": 3, "loss": 0.25, "order": [4, 1, 3]}


def expected(config: dict) -> dict[str, tuple]:
    """Names, shapes and dtypes from the small model's config; refuses any key it does not know."""
    unknown = config.keys() - {"name", "layers"}
    if unknown:
        raise ValueError(f"unknown key {sorted(unknown)[0]}")
    return {name: (shape, dtype) for name, shape, dtype in config["layers"]}


def sealed(header: bytes, data: bytes, length: int | None = None) -> bytes:
    """A file with a correct checksum over whatever header and data: what an attacker writes, not what damage makes."""
    size = (len(header) if length is None else length) % 2**64
    content = bytearray(size.to_bytes(8, "little") + header + data)
    if bytes(content[8 : DIGEST.start]) == PREFIX:
        content[DIGEST] = b"0" * 64
        content[DIGEST] = hashlib.sha256(content).hexdigest().encode()
    return bytes(content)


def forged(fields: dict | None = None, data: bytes = b"", config: object = None, **metadata: object) -> bytes:
    """A sealed file from a header's fields; a metadata keyword `training_` becomes the key `fastcnn.training`."""
    described = {"fastcnn.sha256": "0" * 64, "fastcnn.format": "1"}
    text = config if isinstance(config, str) else json.dumps({"layers": []} if config is None else config)
    described["fastcnn.config"] = text
    described |= {"fastcnn." + key.rstrip("_") if key.endswith("_") else key: value for key, value in metadata.items()}
    described = {key: value for key, value in described.items() if value is not ...}
    return sealed(json.dumps({"__metadata__": described} | (fields or {}), separators=(",", ":")).encode(), data)


def described(shape: object, dtype: object = "F32", begin: object = 0, end: object = 0) -> dict:
    """One array's entry in a header."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def one_array(sides: list, code: str = "F32", name: str = "w", data: bytes = bytes(16), **changes: object) -> bytes:
    """A sealed file with one array whose config agrees with its header, with `changes` in its entry."""
    plain = {"F32": "float32", "F64": "float64", "BOOL": "bool", "U8": "uint8"}.get(code, "float32")
    entry = described(sides, code, 0, len(data)) | changes
    return forged({name: entry}, data, {"layers": [[name, sides, plain]]})


def _escape_digest(header: bytes) -> bytes:
    """The first digit of the checksum as a JSON escape: the same string to a JSON parser, other bytes in the file."""
    return header.replace(PREFIX, PREFIX + b"\\u0030", 1)


def _cut_header(edit) -> bytes:
    """The one-array file with its header's text edited, then sealed again."""
    good = one_array([4])
    size = int.from_bytes(good[:8], "little")
    return sealed(edit(good[8 : 8 + size]), good[8 + size :])


def _pair(a: dict, b: dict, data: bytes) -> bytes:
    layers = [[name, entry["shape"], "float32"] for name, entry in (("a", a), ("b", b))]
    return forged({"a": a, "b": b}, data, {"layers": layers})


def hostile_files() -> dict[str, tuple[bytes, str]]:
    """Name -> (content, words of the message that must refuse it)."""
    deep = "[" * 5_000 + "]" * 5_000
    return {
        "empty": (b"", "ends inside"),
        "seven bytes": (b"1234567", "ends inside"),
        "length only": ((10).to_bytes(8, "little"), "ends inside"),
        "length 2**64-1": (sealed(PREFIX + b"0" * 64, b"", -1), "ends inside"),
        "length one too many": (sealed(PREFIX + b"0" * 64, b"", len(PREFIX) + 65), "ends inside"),
        "header over the cap": (
            sealed(PREFIX + b"0" * 16_100_000, b""),
            "has a header of 16,100,0.. bytes, at most 16,000,000",
        ),
        "pickle": (b"\x80\x04cos\nsystem\n(S'touch hacked'\ntR." * 4, "not a fastcnn model file|ends inside"),
        "zip": (b"PK\x03\x04" + b"\0" * 200, "not a fastcnn|ends inside"),
        "safetensors of others": (
            sealed(b'{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}   ', b""),
            "did not write",
        ),
        "no closing bracket": (sealed(PREFIX + b"0" * 64 + b'"', b""), "brackets"),
        "open string": (sealed(PREFIX + b"0" * 64, b""), "brackets"),
        "not JSON": (_cut_header(lambda h: h.replace(b":[4]", b":[4,]")), "not JSON"),
        "not ASCII": (_cut_header(lambda h: h.replace(b"float32", "flöat32".encode())), "ASCII"),
        "trailing text": (_cut_header(lambda h: h + b"{}"), "not JSON"),
        "array duplicated": (_cut_header(lambda h: h[:-1] + b"," + h[h.rindex(b'"w":') : -1] + b"}"), "twice"),
        "metadata duplicated": (_cut_header(lambda h: h[:-1] + b',"__metadata__":{}}'), "twice"),
        "digest duplicated": (_cut_header(lambda h: h.replace(b'"1",', b'"1","fastcnn.sha256":"",')), "twice"),
        "shape duplicated": (_cut_header(lambda h: h.replace(b'"shape":', b'"shape":[4],"shape":')), "twice"),
        "deep header": (_cut_header(lambda h: h.replace(b":[4]", b":" + deep.encode())), "nested"),
        "a million values": (_cut_header(lambda h: h.replace(b":[4]", b":[" + b"1," * 1_000_001 + b"1]")), "values"),
        "format 2": (forged(format_="2"), "fastcnn.format"),
        "no format": (forged(format_=...), "fastcnn.format"),
        "no config": (forged(config_=...), "no fastcnn.config"),
        "metadata number": (forged(training_=3), "no string"),
        "unknown metadata": (forged(safe_mode="false"), "unknown key 'safe_mode'"),
        "escaped digest": (_cut_header(_escape_digest), "64 plain digits"),
        "config list": (forged(config="[]"), "no JSON object"),
        "config duplicate": (forged(config='{"layers":[],"layers":[]}'), "twice"),
        "config NaN": (forged(config='{"layers":NaN}'), "finite"),
        "config -Infinity": (forged(config='{"layers":-Infinity}'), "finite"),
        "config 1e999": (forged(config='{"layers":1e999}'), "too large"),
        "config 5,000 digits": (forged(config='{"layers":' + "9" * 5_000 + "}"), "63 bits"),
        "config 64 bits": (forged(config='{"layers":9223372036854775808}'), "63 bits"),
        "config deep": (forged(config='{"layers":' + deep + "}"), "nested"),
        "config 33 deep": (forged(config='{"a":' * 33 + "1" + "}" * 33), "nested"),
        "config over 1 MB": (forged(config='{"layers":[],"a":"' + "x" * 1_000_000 + '"}'), "too long"),
        "config not ASCII": (forged(config='{"layers":"é"}'), "ASCII"),
        "config surrogate": (forged(config='{"layers":"\ud800"}'), "ASCII"),
        "config lambda": (
            forged(config={"layers": [], "lambda": "__import__('os').system('x')"}),
            "unknown key lambda",
        ),
        "config module": (forged(config={"layers": [], "module": "os", "class_name": "system"}), "unknown key"),
        "config of another kind": (forged(config={"layers": [[1]]}), "config is refused"),
        "config dtype object": (forged(config={"layers": [["w", [1], "object"]]}), "lacks"),
        "config dtype unknown": (forged(config={"layers": [["w", [1], "os.system"]]}), "config is refused"),
        "config bomb": (forged(config={"layers": [["w", [10**6, 10**6], "float32"]]}), "allowed are"),
        "training list": (forged(training_="[1]"), "fastcnn.training is no JSON object"),
        "training NaN": (forged(training_='{"loss":NaN}'), "finite"),
        "name ..": (one_array([4], name="../../etc/passwd"), "forbidden name"),
        "name backslash": (one_array([4], name="..\\x"), "forbidden name"),
        "name empty": (one_array([4], name=""), "forbidden name"),
        "name newline": (one_array([4], name="a\n"), "forbidden name"),
        "name 201 letters": (one_array([4], name="a" * 201), "forbidden name"),
        "name URL": (one_array([4], name="http://x"), "forbidden name"),
        "dtype BF16": (one_array([4], "BF16"), "unknown dtype"),
        "dtype O": (one_array([4], "O"), "unknown dtype"),
        "dtype list": (one_array([4], dtype=["F32"]), "unknown dtype"),
        "entry with a fourth key": (one_array([4], dtype_=[]), "dtype, shape and"),
        "entry null": (forged({"w": None}), "dtype, shape and"),
        "entry external": (one_array([4], file="/etc/passwd"), "dtype, shape and"),
        "shape string": (one_array([4], shape="4"), "impossible shape"),
        "shape true": (one_array([4], shape=[True, 4]), "impossible shape"),
        "shape negative": (one_array([4], shape=[-2, -2]), "impossible shape"),
        "shape float": (one_array([4], shape=[4.0]), "impossible shape"),
        "shape overflow": (one_array([4], shape=[2**62, 2**62, 0]), "impossible shape"),
        "shape wraps to 16 bytes": (one_array([4], shape=[2**40, 2**24 + 1]), "impossible shape"),
        "shape of 33 axes": (one_array([4], shape=[1] * 33), "impossible shape"),
        "shape too small": (one_array([4], shape=[3]), "cannot take"),
        "offsets three": (one_array([4], data_offsets=[0, 16, 16]), "impossible data_offsets"),
        "offsets reversed": (one_array([4], data_offsets=[16, 0]), "cannot take"),
        "offsets negative": (one_array([4], data_offsets=[-16, 0]), "impossible data_offsets"),
        "offsets hole at start": (one_array([4], data=bytes(20), data_offsets=[4, 20]), "starts at byte"),
        "offsets past the end": (one_array([40], data_offsets=[0, 160]), "describes 160"),
        "bytes left over": (one_array([4], data=bytes(20), data_offsets=[0, 16]), "describes 16"),
        "overlap": (_pair(described([4], end=16), described([4], begin=8, end=24), bytes(24)), "starts at byte"),
        "same bytes twice": (_pair(described([4], end=16), described([4], end=16), bytes(16)), "starts at byte"),
        "hole": (_pair(described([4], end=16), described([4], begin=20, end=36), bytes(36)), "starts at byte"),
        "bomb with matching header": (one_array([2**40], data_offsets=[0, 2**42]), "describes"),
        "array missing": (forged(config={"layers": [["w", [4], "float32"]]}), "lacks"),
        "array too many": (forged({"w": described([4], end=16)}, bytes(16)), "unexpected"),
        "other shape": (
            forged({"w": described([4], end=16)}, bytes(16), {"layers": [["w", [2, 2], "float32"]]}),
            "means",
        ),
        "other dtype": (forged({"w": described([4], end=16)}, bytes(16), {"layers": [["w", [4], "int32"]]}), "means"),
        "bool of 2": (one_array([16], "BOOL", data=bytes([2] * 16)), "neither true nor false"),
        "wrong checksum": (one_array([4])[:-1] + b"\1", "checksum does not match"),
    }
