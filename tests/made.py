"""Small files of every format, made when a test asks for them."""

import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

TITLE = "Bees of the mountain"
HONEY = "A colony of bees makes forty kilograms of honey in a good summer."
KEEPER = "The keeper of the hives is called Marta Klein and lives in Andorra."


def docx(path: Path, *, title: str = TITLE, author: str = "M. Klein") -> Path:
    from docx import Document

    document = Document()
    document.core_properties.title = title
    document.core_properties.language = "en-GB"
    document.core_properties.author = author
    document.sections[0].header.paragraphs[0].text = "Printed by the office"
    document.add_paragraph(HONEY)
    document.add_paragraph("wax", style="List Bullet")
    document.add_paragraph("pollen", style="List Bullet")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ("Hive", "Honey", "North", "12 kg"), strict=True):
        cell.text = text
    document.add_paragraph(KEEPER)
    document.save(str(path))
    return path


def odt(path: Path) -> Path:
    from odfdo import Document, Header, List, Paragraph

    document = Document("text")
    document.body.clear()
    document.meta.title = TITLE
    document.body.append(Header(1, TITLE))
    document.body.append(Paragraph(HONEY))
    document.body.append(List(["wax", "pollen"]))
    document.body.append(Paragraph(KEEPER))
    buffer = BytesIO()
    document.save(buffer)
    path.write_bytes(buffer.getvalue())
    return path


def rtf(path: Path) -> Path:
    accents = r"\'c0 l'\'e9t\'e9, le moulin a \'e9t\'e9 vendu."
    path.write_text(rf"{{\rtf1\ansi\ansicpg1252 {TITLE}\par {HONEY}\par {KEEPER}\par {accents}}}")
    return path


def html(path: Path, charset: str = "utf-8") -> Path:
    """A page that says it is in `charset`; what says Latin-1 is in Windows-1252, as on the web."""
    encoding = "utf-8" if charset == "utf-8" else "cp1252"
    path.write_bytes(
        f"""<html lang="fr"><head><meta charset="{charset}"><title>Le moulin | Mon site</title>
        <meta property="article:published_time" content="2021-03-04"></head><body>
        <nav><ul><li><a href="/">Accueil</a></li><li><a href="/b">Boutique</a></li></ul></nav>
        <div id="cookie-banner" class="cookie-consent"><p>Nous utilisons des cookies pour
        améliorer votre expérience. Acceptez-vous les cookies ?</p><button>Oui</button></div>
        <article><h1>Le moulin</h1><p>Le moulin a été construit en 1742 par les habitants de
        l’endroit, qui voulaient moudre leur blé sur place sans payer le seigneur.</p>
        <div class="share-buttons"><a href="#">Partager sur Facebook</a></div>
        <p>Il produit encore de la farine deux jours par semaine, le mardi et le jeudi, et la vend
        au marché de la ville voisine.</p></article>
        <section id="comments"><h3>Commentaires</h3><div class="comment"><p>Super article, bravo
        à toute l’équipe !</p></div></section>
        <footer><p>© 2021 Mon site. Mentions légales</p></footer></body></html>""".encode(encoding)
    )
    return path


def eml(path: Path, *, page: bool = False) -> Path:
    from email.message import EmailMessage

    message = EmailMessage()
    message["Subject"] = "Le prix du miel à Genève"
    message["From"] = "Marta Klein <marta@example.org>"
    message["To"] = "office@example.org"
    message["Date"] = "Tue, 02 Mar 2021 10:00:00 +0100"
    if page:
        message.set_content(f"<html><body><p>{HONEY}</p></body></html>", subtype="html")
    else:
        message.set_content(f"{HONEY}\n\n{KEEPER}\n")
        message.add_alternative("<html><body><p>another form</p></body></html>", subtype="html")
    message.add_attachment(b"secret,data\n", maintype="text", subtype="csv", filename="a.csv")
    path.write_bytes(bytes(message))
    return path


def pdf(
    path: Path,
    pages: Sequence[Sequence[str | tuple[Sequence[str], Sequence[str]]]],
    *,
    header: str = "",
    numbered: bool = False,
    password: str = "",
    title: str = "",
) -> Path:
    """Pages of lines; a pair of lists is two columns, "" leaves a line free."""
    from fpdf import FPDF

    made = FPDF(unit="pt", format="A4")
    made.set_auto_page_break(False)
    made.set_font("Helvetica", size=11)
    if title:
        made.set_title(title)
    if password:
        made.set_encryption(owner_password="owner", user_password=password)
    for number, lines in enumerate(pages, 1):
        made.add_page()
        if header:
            made.text(60, 40, header)
        y = 120.0
        for line in lines:
            left, right = ([line], []) if isinstance(line, str) else line
            for row in range(max(len(left), len(right))):
                if row < len(left):
                    made.text(60, y, left[row])
                if row < len(right):
                    made.text(330, y, right[row])
                y += 14
        if numbered:
            made.text(280, 810, f"Page {number} of {len(pages)}")
    made.output(str(path))
    return path


def bomb(path: Path, part: str, mebibytes: int) -> Path:
    """A package that is small and unpacks to much."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(part, bytes(mebibytes * 2**20))
    return path
