"""What the benchmarks write into README.md, each between marks of its own."""

from pathlib import Path

README = Path(__file__).parent / "README.md"


def write(name: str, text: str) -> None:
    """Put `text` between `<!-- name -->` and `<!-- name: to here -->`, and print it."""
    first, last = f"<!-- {name} -->\n", f"<!-- {name}: to here -->"
    before, _, rest = README.read_text(encoding="utf-8").partition(first)
    _, _, after = rest.partition(last)
    README.write_text(f"{before}{first}{text}\n{last}{after}", encoding="utf-8")
    print(text)
