"""What becomes of a ranking: twins folded, the telling sentence, a yes or a no."""

from pathlib import Path

import pytest
from conftest import HashingEncoder

from qa import Bot
from qa.filters import Filter
from qa.responder import respond
from qa.types import Answer


def highlighted(answer: Answer) -> str:
    best = answer.quotes[0]
    assert best.highlight is not None
    return best.text[best.highlight.start - best.start : best.highlight.end - best.start]


@pytest.fixture(scope="module")
def bot(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Bot:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QA_CACHE", str(prepared.parent.parent))
        return Bot.open(index=tmp_path_factory.mktemp("index") / "seeds")


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How many Peruvians live abroad?", "The number of Peruvians living abroad is estimated"),
        (
            "What share of the migrants surveyed has a student visa?",
            "The survey of 12,274 migrants",
        ),
        (
            "When did Spain withdraw its visa waiver for Bolivians?",
            "Approximately 300,000 Bolivians",
        ),
        ("¿Cuántos bolivianos viven en Argentina?", "Bolivian authorities estimate the number"),
        ("¿Desde qué año tienen un convenio?", "La OIM y la CAN cuentan con un convenio"),
        ("What is Carolina Santos's mobile number?", "Mobile: + 51 968 216 777"),
        ("Quel est le téléphone de Walter Arce ?", "Tel. +59 122 36 90 44"),
    ],
)
def test_the_telling_sentence_is_highlighted(bot: Bot, question: str, sentence: str) -> None:
    answers = bot.answer(question, top_k=1)
    assert highlighted(answers).replace("\n", " ").startswith(sentence)


def test_the_same_passage_in_two_files_takes_one_place(bot: Bot) -> None:
    answer = bot.answer("In how many countries is the IOM present?", top_k=10, threshold=0.0)
    shown = [quote.source_id for quote in answer.quotes]
    same = {"001_1d07d1647ccf1b53#p2", "002_abb1b8f4ae9cc770#p2", "004_4dcdd40475431c58#p2"}
    assert len(same & set(shown)) == 1
    first = next(quote for quote in answer.quotes if quote.source_id in same)
    assert {first.source_id, *first.also} == same
    assert first.language == "en"


def test_a_heading_takes_no_place_behind_what_stands_below_it(
    folder: Path, encoder: HashingEncoder, tmp_path: Path
) -> None:
    below = "The reading room welcomes everybody on Tuesday mornings, from nine."
    (folder / "room.txt").write_text(f"Opening hours\n\n{below}\n")
    bot = Bot(folder, tmp_path / "index", encoder, model_name="hashing")
    assert "room#p1" in {hit.passage.source_id for hit in bot.hits("opening hours")}
    found = bot.answer("opening hours", top_k=10, threshold=0.0).quotes
    assert found[0].text == below
    assert "room#p1" not in {quote.source_id for quote in found}


def test_without_any_passage_none_is_relevant(bot: Bot) -> None:
    asked = Answer("Who?", "Who?", "en")
    told = respond(asked, [], bot.library(), bot.judge, len, top_k=3, threshold=0.0)
    assert (told.reason, told.quotes, told.near_misses) == ("no relevant passage", (), ())


@pytest.mark.parametrize(
    ("question", "source_id", "also"),
    [
        ("Who chairs the Andean Community?", "000_9ac5fc5aeb025ed6#p8", "002_abb1b8f4ae9cc770#p13"),
        (
            "Qui préside la Communauté andine ?",
            "002_abb1b8f4ae9cc770#p13",
            "000_9ac5fc5aeb025ed6#p8",
        ),
    ],
)
def test_of_translations_the_one_in_the_askers_language_is_shown(
    bot: Bot, question: str, source_id: str, also: str
) -> None:
    best = bot.answer(question).quotes[0]
    assert (best.source_id, best.also) == (source_id, (also,))


def test_contact_blocks_are_not_taken_for_translations_of_one_another(bot: Bot) -> None:
    """They look alike, and differ in the number that is asked for."""
    answer = bot.answer("What is Carolina Santos's mobile number?", top_k=20, threshold=0.0)
    contacts = [quote for quote in answer.quotes if quote.kind == "contact"]
    assert len(contacts) == 4
    assert all(quote.also == () for quote in contacts)
    assert "Mobile: + 51 968 216 777" in contacts[0].text


def test_with_no_answer_the_closest_passages_are_near_misses(bot: Bot) -> None:
    answer = bot.answer("Best pizza in Naples?")
    assert (bool(answer), answer.reason, answer.quotes) == (False, "no relevant passage", ())
    assert len(answer.near_misses) == 3
    assert all(0 <= quote.score < 0.2 for quote in answer.near_misses)


def test_only_keeps_other_languages_out_of_the_twins_as_well(bot: Bot) -> None:
    answer = bot.answer(
        "Who chairs the Andean Community?", where=Filter(only=("fr",)), top_k=5, threshold=0.0
    )
    assert {quote.language for quote in answer.quotes} == {"fr"}
    assert all(quote.also == () for quote in answer.quotes)


def test_a_quote_tells_the_heading_above_it_unless_that_is_the_title(tmp_path: Path) -> None:
    (tmp_path / "bees").mkdir()
    (tmp_path / "bees" / "bees.md").write_text(
        "# The bees\n\nBees live in a hive.\n\n## **How they fly**\n\nBees fly far.\n"
    )
    bot = Bot(tmp_path / "bees", tmp_path / "index", HashingEncoder(), model_name="hashing")
    told = {q.text: q.section for q in bot.answer("bees fly hive live", threshold=0.0, top_k=9)}
    assert told["Bees live in a hive."] == ""
    assert told["Bees fly far."] == "How they fly"


def test_the_name_of_a_file_is_no_beginning_of_its_document(tmp_path: Path) -> None:
    (tmp_path / "bees").mkdir()
    (tmp_path / "bees" / "report-nafara.txt").write_text("The valley\n\nForty bees live here.\n")
    (tmp_path / "bees" / "report.txt").write_text("The Nafara\n\nFifty bees live there.\n")
    bot = Bot(tmp_path / "bees", tmp_path / "index", HashingEncoder(), model_name="hashing")
    answer = bot.answer("How many bees live in Nafara?", threshold=0.0, top_k=9)
    told = {quote.doc_id: quote.introduced for quote in answer if "bees" in quote.text}
    assert told == {"report-nafara": (), "report": ("Nafara",)}


def test_the_title_of_a_row_is_no_heading_of_the_next_one(tmp_path: Path) -> None:
    (tmp_path / "press").mkdir()
    (tmp_path / "press" / "press.csv").write_text(
        "title,text\nThe bees,The bees of Lima fly far.\n,The wasps of Lima fly farther.\n"
    )
    bot = Bot(tmp_path / "press", tmp_path / "index", HashingEncoder(), model_name="hashing")
    answer = bot.answer("fly far farther bees wasps of Lima", threshold=0.0, top_k=9)
    told = {quote.text: quote.section for quote in answer}
    assert told["The bees of Lima fly far."] == "The bees"
    assert told["The wasps of Lima fly farther."] == ""


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("How many Bolivians live in Italy?", "Italy"),
        ("Combien de Boliviens vivent en Italie ?", "Italie"),
        ("¿Cuántos bolivianos viven en Japón?", "Japón"),
    ],
)
def test_a_quote_says_which_name_of_the_question_it_does_not_mention(
    bot: Bot, question: str, missing: str
) -> None:
    best = bot.answer(question, top_k=1, threshold=0.0).quotes[0]
    assert best.missing == (missing,)


@pytest.mark.parametrize(
    "question",
    [
        "How many Bolivians live in Spain?",
        "Combien de Boliviens vivent en Espagne ?",
        "¿Cuántos bolivianos viven en España?",
    ],
)
def test_a_fact_that_is_not_there_makes_the_answer_less_probable(bot: Bot, question: str) -> None:
    absent = question.replace("Spain", "Japan").replace("Espagne", "Japon")
    absent = absent.replace("España", "Japón")
    there, elsewhere = (bot.answer(q, top_k=1, threshold=0.0).quotes[0] for q in (question, absent))
    assert there.missing == ()
    assert elsewhere.score < 0.6 * there.score


def test_what_a_follow_up_leans_on_keeps_the_words_of_its_language(bot: Bot) -> None:
    """ "Boliviens" is no Spanish word, and one letter from a word of the English documents."""
    answer = bot.answer("¿Y en España?", history=["Combien de Boliviens vivent en Italie ?"])
    assert answer.searched == "Combien de Boliviens vivent en España ?"


def test_a_page_of_nonsense_is_no_question_that_is_surely_answered(bot: Bot) -> None:
    """The longer a question, the surer its partners, but only as far as questions go."""
    words = "pizza oven recipe guitar football weather dragon piano chess router violin garden"
    answer = bot.answer(f"{words} " * 9)
    assert not answer
    [best, *_] = answer.near_misses
    assert best.score < 0.9 * bot.judge.threshold
