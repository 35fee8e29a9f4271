"""Draws a terminal session: the command that the first argument names, and its output from standard input."""

import io
import sys

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

command = sys.argv[1]
console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True, color_system="truecolor")
console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
console.print(Text.from_ansi(sys.stdin.read()))
svg = console.export_svg(title=command.split()[0], theme=SVG_EXPORT_THEME, unique_id="session")
# Fonts of another host would be asked for whenever somebody looks at the page.
start = svg.index("@font-face")
end = svg.index("}", svg.rindex("@font-face")) + 1
svg = svg[:start] + svg[end:]
svg = svg.replace("font-family: Fira Code, monospace", "font-family: ui-monospace, Menlo, Consolas, monospace")
sys.stdout.write("\n".join(line.rstrip() for line in svg.splitlines()) + "\n")
