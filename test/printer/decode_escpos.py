"""Reads ESC/POS as a printer does and prints, as JSON, what it would put on paper.

An oracle for the encoder that shares nothing with it: Python's own codecs, its own reading of the
manuals, its own idea of widths. It is strict: an unknown command, a byte that no code page has, a
character that would not fit on the line, or a real-time command within the data ends it with a
message and exit code 1.

A profile is {"columns": 48, "fontB": 64, "widthDots": 576, "pages": {"0": "cp437"},
              "chinese": "gb18030" | "gb2312" | null, "startsInChinese": true}
"""
import json
import sys
import unicodedata


class Bad(Exception):
    pass


class Printer:
    def __init__(self, profile, data):
        self.profile = profile
        self.data = data
        self.at = 0
        self.out = []
        self.reset()

    def reset(self):
        self.page = None
        self.chinese = self.profile["startsInChinese"]
        self.align = "left"
        self.size = (1, 1)
        self.font = "A"
        self.flags = {"bold": False, "underline": False, "invert": False}
        self.line = []
        self.used = 0
        self.qr = {}

    def take(self, count):
        if self.at + count > len(self.data):
            raise Bad("the data end within a command")
        part = self.data[self.at : self.at + count]
        self.at += count
        return part

    def byte(self):
        return self.take(1)[0]

    # Characters

    def put(self, character, cells):
        columns = self.profile["columns"] if self.font == "A" else self.profile["fontB"]
        self.used += cells * self.size[0]
        if self.used > columns:
            raise Bad("a line has more than %d cells: %r" % (columns, "".join(self.line) + character))
        self.line.append(character)

    def high(self, first):
        if self.chinese:
            kind = self.profile["chinese"]
            if kind is None:
                raise Bad("a Chinese character for a printer that has none")
            pair = bytes([first, self.byte()])
            character = pair.decode(kind)
            if len(character) != 1:
                raise Bad("%r is not one character" % pair)
            self.put(character, 2)
            return
        if self.page is None:
            raise Bad("byte %02x before any code page is chosen" % first)
        character = bytes([first]).decode(self.page)
        if unicodedata.east_asian_width(character) in "WF":
            raise Bad("a wide character out of a code page")
        self.put(character, 1)

    def feed(self):
        item = {"text": "".join(self.line), "align": self.align, "size": list(self.size), "font": self.font}
        item.update({name: True for name, on in self.flags.items() if on})
        self.out.append(item)
        self.line = []
        self.used = 0

    # Commands

    def alone(self):
        if self.line:
            raise Bad("a command that needs a line of its own comes within one")

    def escape(self):
        code = self.byte()
        if code == 0x40:
            self.reset()
            self.out.append({"reset": True})
        elif code == 0x74:
            number = self.byte()
            name = self.profile["pages"].get(str(number))
            if name is None:
                raise Bad("there is no code page %d" % number)
            self.page = name
        elif code == 0x61:
            self.alone()
            self.align = ("left", "center", "right")[self.byte()]
        elif code == 0x45:
            self.flags["bold"] = bool(self.byte())
        elif code == 0x2D:
            self.flags["underline"] = bool(self.byte())
        elif code == 0x4D:
            self.font = "AB"[self.byte()]
        elif code == 0x64:
            self.out.append({"feed": self.byte()})
        elif code == 0x21:
            mode = self.byte()
            self.font = "AB"[mode & 1]
            self.flags["bold"] = bool(mode & 8)
            self.flags["underline"] = bool(mode & 128)
            self.size = (2 if mode & 32 else 1, 2 if mode & 16 else 1)
        elif code == 0x33:
            self.byte()
        elif code == 0x32:
            pass
        elif code == 0x2A:
            self.band()
        else:
            raise Bad("unknown ESC %02x" % code)

    def band(self):
        self.alone()
        mode = self.byte()
        columns = self.byte() | self.byte() << 8
        down = 3 if mode >= 32 else 1
        data = self.take(columns * down)
        if columns > self.profile["widthDots"]:
            raise Bad("a picture is wider than the paper")
        if self.byte() != 0x0A:
            raise Bad("a band of a picture is not ended")
        rows = [
            [(data[x * down + y // 8] >> (7 - y % 8)) & 1 for x in range(columns)]
            for y in range(8 * down)
        ]
        if self.out and "band" in self.out[-1]:
            self.out[-1]["rows"] += rows
        else:
            self.out.append({"band": mode, "rows": rows})

    def watch(self, data):
        """Printers obey these wherever they stand."""
        for at in range(len(data) - 1):
            if data[at] == 0x10 and data[at + 1] in (0x04, 0x05, 0x14):
                raise Bad("a real-time command within the data")

    def group(self):
        code = self.byte()
        if code == 0x21:
            size = self.byte()
            self.size = ((size >> 4) + 1, (size & 15) + 1)
        elif code == 0x42:
            self.flags["invert"] = bool(self.byte())
        elif code == 0x56:
            self.alone()
            self.out.append({"cut": ("full", "partial")[self.byte()]})
        elif code == 0x76:
            self.raster()
        elif code == 0x28:
            self.symbol()
        elif code in (0x68, 0x77, 0x66, 0x48):
            self.qr[code] = self.byte()
        elif code == 0x6B:
            self.barcode()
        else:
            raise Bad("unknown GS %02x" % code)

    def raster(self):
        self.alone()
        if self.take(2) != b"\x30\x00":
            raise Bad("not a picture in its own size")
        across = self.byte() | self.byte() << 8
        height = self.byte() | self.byte() << 8
        data = self.take(across * height)
        if across * 8 > (self.profile["widthDots"] + 7) // 8 * 8:
            raise Bad("a picture is wider than the paper")
        rows = [
            [(data[y * across + x // 8] >> (7 - x % 8)) & 1 for x in range(across * 8)]
            for y in range(height)
        ]
        self.out.append({"raster": [across * 8, height], "rows": rows})

    def symbol(self):
        self.alone()
        if self.byte() != 0x6B:
            raise Bad("unknown GS (")
        length = self.byte() | self.byte() << 8
        body = self.take(length)
        function = body[1]
        if function == 0x43:
            self.qr["module"] = body[2]
        elif function == 0x45:
            self.qr["level"] = "LMQH"[body[2] - 48]
        elif function == 0x50:
            self.qr["text"] = body[3:].decode("utf-8")
        elif function == 0x51:
            self.out.append(
                {"qr": self.qr["text"], "module": self.qr["module"], "level": self.qr["level"], "align": self.align}
            )

    def barcode(self):
        self.alone()
        names = {65: "upca", 67: "ean13", 68: "ean8", 69: "code39", 70: "itf", 73: "code128"}
        kind = names[self.byte()]
        body = self.take(self.byte())
        text = self.code128(body) if kind == "code128" else body.decode("ascii")
        self.out.append({"barcode": kind, "data": text, "align": self.align, "readable": self.qr[0x48] == 2})

    def code128(self, body):
        text, at, code_set = "", 0, None
        while at < len(body):
            if body[at] == 0x7B and body[at + 1] in b"ABC":
                code_set = chr(body[at + 1])
                at += 2
                continue
            if code_set is None:
                raise Bad("Code 128 without a code set")
            if code_set == "C":
                if body[at] > 99:
                    raise Bad("Code 128 set C holds %d" % body[at])
                text += "%02d" % body[at]
            else:
                text += chr(body[at])
                at += 1 if body[at : at + 2] == b"{{" else 0
            at += 1
        return text

    def far_east(self):
        code = self.byte()
        if code == 0x26:
            self.chinese = True
        elif code == 0x2E:
            self.chinese = False
        elif code == 0x2D:
            self.byte()
        else:
            raise Bad("unknown FS %02x" % code)

    def run(self):
        self.watch(self.data)
        commands = {0x1B: self.escape, 0x1D: self.group, 0x1C: self.far_east, 0x0A: self.feed}
        while self.at < len(self.data):
            first = self.byte()
            if first in commands:
                commands[first]()
            elif first < 0x20 or first == 0x7F:
                raise Bad("control byte %02x" % first)
            elif first < 0x7F:
                self.put(chr(first), 1)
            else:
                self.high(first)
        if self.line:
            raise Bad("the last line is not ended")
        return self.out


def main():
    """One job a line: {"profile": …, "bytes": base64, "dots": bool}; one answer a line."""
    import base64

    for line in sys.stdin:
        job = json.loads(line)
        try:
            items = Printer(job["profile"], base64.b64decode(job["bytes"])).run()
            for item in items:
                if not job["dots"] and "rows" in item:
                    item["rows"] = []
            answer = {"items": items}
        except (Bad, UnicodeDecodeError, IndexError, KeyError) as error:
            answer = {"error": "%s: %s" % (type(error).__name__, error)}
        print(json.dumps(answer))


main()
