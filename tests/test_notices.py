"""What a page says of a text as goods, and what a text says for itself."""

import pytest

from qa.reading.notices import LONGEST, SHORT, is_notice


@pytest.mark.parametrize(
    "line",
    [
        "© 2019 The Daily Bee. All rights reserved.",
        "This article was originally published in The Daily Bee and is reprinted here.",
        "A version of this story first appeared in The Daily Bee on 4 May.",
        "*This piece ran in The Daily Bee last week.",
        "Cet article a d'abord été publié par L'Abeille.",
        "Cette tribune est republiée à partir de L'Abeille sous licence Creative Commons.",
        "Este artículo fue publicado originalmente en La Abeja. Lea el original.",
        "Una versión de este texto se publicó en La Abeja.",
        "This work is licensed under a Creative Commons Attribution 4.0 licence.",
        "Ce texte est mis à disposition selon les termes de la licence Creative Commons.",
        "Esta obra está bajo una licencia Creative Commons.",
        "Ana Roca does not work for, consult, own shares in or receive funding from any company.",
        "Ana Roca et Luc Petit ne travaillent pas, ne conseillent pas, ne possèdent pas de parts.",
        "Ana Roca no recibe salario, ni ejerce labores de consultoría, ni posee acciones.",
        "The authors declare no competing interests.",
        "L'autrice déclare n'avoir aucun conflit d'intérêts.",
        "Los autores declaran no tener conflictos de interés.",
        "Hive College provides funding as a member of The Daily Bee.",
        "— The Daily Bee (@dailybee) October 8, 2020",
        "Already a subscriber? Log in",
        "Sign up for our newsletter, every Friday in your mailbox.",
        "Il vous reste 61.86% de cet article à lire. La suite est réservée aux abonnés.",
        "Abonnez-vous à partir de 1 €.",
        "Para seguir leyendo, inicie sesión.",
        "¡Suscríbete a nuestro boletín!",
        "Contenido exclusivo para suscriptores",
        "You are being redirected to the pages of our members.",
        "Dans un instant, vous allez être redirigé vers l'espace des abonnés.",
        "Escucha nuestro podcast de la semana",
    ],
)
def test_what_a_page_says_of_a_text_is_a_notice(line: str) -> None:
    assert is_notice(line)


@pytest.mark.parametrize(
    "line",
    [
        "This article of the treaty was drafted in haste, and nobody has read it since.",
        "This report says that honey was printed on labels before it was made.",
        "The story was first published in 1843, and made him famous.",
        "Cet article du code civil protège les abeilles.",
        "Este artículo de la Constitución garantiza el derecho a la vivienda.",
        "He does not work for the bees, nor they for him.",
        "Ana Roca ne travaille pas le dimanche.",
        "She provides funding for the hives of the village.",
        "— Ask The Daily Bee (our rival) where the honey is.",
        "Subscribers were told that the price of honey would rise.",
        "Les abonnés ont reçu une lettre.",
        "Los suscriptores del boletín son tres mil.",
        "The mail of the village was redirected to the mill.",
        "El dinero será redirigido a los afectados por el terremoto.",
        "If you call after six you will be redirected to the doctor on call at the clinic.",
        "Our podcast of last week told the story of the flood.",
        "Creative Commons was founded in 2001; its licences are used by millions.",
        "Il vous reste trois jours pour récolter le miel.",
        f"Sign up for our newsletter{' and read what bees do' * (SHORT // 20)}",
        f"© 2019 The Daily Bee{' and all its bees' * (LONGEST // 15)}",
    ],
)
def test_what_a_text_says_for_itself_is_none(line: str) -> None:
    assert not is_notice(line)
