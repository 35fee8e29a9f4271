"""Copies a Python extension so that it also loads where there is no Python.

    weak_python_symbols.py EXTENSION LIBRARY

The extension refers to symbols that the Python interpreter defines. In the copy these references are
weak: the loader leaves those that nobody defines at zero. Only code for Python calls them.

The format is ELF, 64 bits, little-endian (System V ABI, "Object files"; offsets in bytes).
"""

import struct
import sys

SECTIONS_OFFSET, SECTIONS_SIZE = 0x28, 0x3A
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
DYNAMIC_SYMBOLS = 11
GLOBAL, WEAK = 1, 2


def sections(image):
    (start,) = struct.unpack_from("<Q", image, SECTIONS_OFFSET)
    size, count = struct.unpack_from("<HH", image, SECTIONS_SIZE)
    return [SECTION.unpack_from(image, start + size * index) for index in range(count)]


def weaken(image):
    """Makes the undefined global symbols of Python weak, and returns their number."""
    table = sections(image)
    count = 0
    for _, kind, _, _, offset, size, names, *_ in table:
        if kind != DYNAMIC_SYMBOLS:
            continue
        names = table[names][4]
        for at in range(offset, offset + size, SYMBOL.size):
            name, info, _, section, _, _ = SYMBOL.unpack_from(image, at)
            start = names + name
            text = image[start : image.index(0, start)]
            if section == 0 and info >> 4 == GLOBAL and text.lstrip(b"_").startswith(b"Py"):
                image[at + 4] = WEAK << 4 | info & 0xF
                count += 1
    return count


def main():
    source, target = sys.argv[1:]
    with open(source, "rb") as file:
        image = bytearray(file.read())
    if image[:6] != b"\x7fELF\x02\x01":
        sys.exit(f"{source}: not a 64-bit little-endian ELF file")
    if not weaken(image):
        sys.exit(f"{source}: no reference to Python; it is not a Python extension")
    with open(target, "wb") as file:
        file.write(image)


main()
