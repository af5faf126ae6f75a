"""The warm service, as a client meets it: its answers, its refusals, and how it ends."""

import asyncio
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import HashingEncoder
from starlette.testclient import TestClient

import qa.bot
from qa import __main__ as program
from qa.bot import Bot
from qa.errors import LibraryError, UsageError
from qa.filters import Filter
from qa.serving import connections, fresh, guards, server
from qa.serving.pool import OverloadedError, Pool
from qa.serving.schema import AnswerShape, QuoteShape, Request
from qa.serving.service import Access, Limits, service

ROOT = Path(__file__).parent.parent
KEEPER = "Who is the keeper of the hives?"
PIZZA = "Best pizza in Naples?"
TOKEN = "correct-horse-battery"


@pytest.fixture
def bot(folder: Path, tmp_path: Path, encoder: HashingEncoder) -> Bot:
    return Bot(folder, tmp_path / "index", encoder, model_name="hashing")


@contextmanager
def client_of(
    bot: Bot, limits: Limits | None = None, access: Access | None = None, host: str = "localhost"
) -> Iterator[TestClient]:
    api = service(bot, limits or Limits(), access or Access())
    with TestClient(api, f"http://{host}", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(bot: Bot) -> Iterator[TestClient]:
    with client_of(bot) as client:
        yield client


def assert_refused(response: Any, status: int, *said: str) -> None:
    """One sentence, and none of the program's insides."""
    assert response.status_code == status
    assert list(response.json()) == ["error"]
    for words in said:
        assert words in response.json()["error"]
    assert "Traceback" not in response.text


# Answers


@pytest.mark.parametrize("question", [KEEPER, PIZZA, "", "¿Qué altura tiene el faro?"])
def test_an_answer_is_what_the_library_gives(client: TestClient, bot: Bot, question: str) -> None:
    expected = bot.answer(question).to_dict()
    assert client.post("/ask", json={"question": question}).json() == expected
    assert client.get("/ask", params={"question": question}).json() == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"top_k": 1, "question": PIZZA}, {"top_k": 1}),
        ({"language": "fr"}, {"language": "fr"}),
        ({"only": ["es", "fr"]}, {"where": Filter.of(only=["es", "fr"])}),
        ({"within": ["f*.txt"]}, {"where": Filter.of(within="f*.txt")}),
        ({"within": "f*.txt"}, {"where": Filter.of(within="f*.txt")}),
        ({"since": 2015, "until": "2016-03"}, {"where": Filter.of(since=2015, until="2016-03")}),
        ({"title": "moulin"}, {"where": Filter.of(title="moulin")}),
        ({"history": [KEEPER]}, {"history": [KEEPER]}),
    ],
)
def test_every_argument_arrives(
    client: TestClient, bot: Bot, asked: dict[str, Any], expected: dict[str, Any]
) -> None:
    question = asked.get("question", "And in Andorra?")
    answer = bot.answer(question, **expected).to_dict()
    assert answer != bot.answer(question).to_dict()
    assert client.post("/ask", json={**asked, "question": question}).json() == answer
    assert client.get("/ask", params={**asked, "question": question}).json() == answer


def test_a_passage_is_found_by_its_id_as_it_is_shown(bot: Bot, folder: Path) -> None:
    (folder / "two  blanks.txt").write_text("Bees dance.\n")
    bot.refresh()
    with client_of(bot) as client:
        for name in ("two%20%20blanks", "two%20blanks"):
            assert client.get(f"/passages/{name}%23p1").json()["source_id"] == "two  blanks#p1"


def test_a_passage_is_found_by_its_id(client: TestClient, bot: Bot) -> None:
    got = client.get("/passages/bees%23p3")
    assert got.json() == bot.passage("bees#p3").to_dict()
    assert_refused(client.get("/passages/bees%23p99"), 404, "bees#p99")
    assert_refused(client.get("/passages/bees"), 404, "bees")


def test_the_examples_of_the_description_are_answered_as_it_says(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert set(described["paths"]) == {"/ask", "/passages/{source_id}", "/healthz"}
    examples = described["components"]["schemas"]["Request"]["examples"]
    assert len(examples) == 3
    for example in examples:
        answer = client.post("/ask", json=example)
        assert answer.status_code == 200
        AnswerShape.model_validate(answer.json())  # which forbids what it does not name
    QuoteShape.model_validate(client.get("/passages/bees%23p3").json())
    assert Request.model_json_schema()["examples"] == examples


def test_openapi_tells_that_a_pattern_needs_no_list_and_may_be_null(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    within = described["components"]["schemas"]["Request"]["properties"]["within"]
    assert [kind["type"] for kind in within["anyOf"]] == ["string", "array", "null"]
    [asked] = [p for p in described["paths"]["/ask"]["get"]["parameters"] if p["name"] == "within"]
    assert [kind["type"] for kind in asked["schema"]["anyOf"]] == ["string", "array", "null"]


def test_a_hundred_clients_get_what_one_gets(bot: Bot) -> None:
    expected = bot.answer(KEEPER).to_dict()
    with client_of(bot) as client, ThreadPoolExecutor(100) as clients:
        answers = clients.map(lambda _: client.post("/ask", json={"question": KEEPER}), range(200))
        assert all(answer.json() == expected for answer in answers)


@pytest.mark.parametrize("name", ["only", "within", "history", "language", "since", "title"])
def test_what_is_null_is_no_condition(client: TestClient, bot: Bot, name: str) -> None:
    got = client.post("/ask", json={"question": KEEPER, name: None})
    assert got.json() == bot.answer(KEEPER).to_dict()


def test_an_empty_pattern_is_no_condition(client: TestClient, bot: Bot) -> None:
    expected = bot.answer(KEEPER).to_dict()
    for within in ("", [], ["", " "]):
        got = client.post("/ask", json={"question": KEEPER, "within": within})
        assert got.json() == expected
    assert client.get("/ask", params={"question": KEEPER, "within": ""}).json() == expected


# Refusals


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({}, "question: Field required"),
        ({"question": "a" * 20_001}, "question: String should have at most 20000"),
        ({"question": KEEPER, "top_k": 0}, "top_k"),
        ({"question": KEEPER, "top_k": 51}, "top_k"),
        ({"question": KEEPER, "language": "de"}, "language"),
        ({"question": KEEPER, "only": ["en"] * 4}, "only"),
        ({"question": KEEPER, "within": ["*a*a*a*a*a"]}, "4 stars"),
        ({"question": KEEPER, "within": "*a*a*a*a*a"}, "within.0: Value error, a pattern may have"),
        ({"question": KEEPER, "within": "a" * 201}, "within.0: String should have at most 200"),
        ({"question": KEEPER, "within": ["a"] * 11}, "within: List should have at most 10"),
        ({"question": KEEPER, "within": 5}, "within: Input should be a valid list"),
        ({"question": KEEPER, "since": "soon"}, "write 2015"),
        ({"question": KEEPER, "history": ["a"] * 21}, "history"),
        ({"question": KEEPER, "shell": "rm"}, "shell"),
        ({"question": KEEPER, "\ud800": 1}, "valid string"),
        ({"question": "\ud800"}, "question"),
    ],
)
def test_what_cannot_be_honoured_is_one_sentence(
    client: TestClient, request_: dict[str, Any], said: str
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post("/ask", content=json.dumps(request_), headers=headers)
    assert_refused(answer, 422, said)
    assert len(answer.text) < 300


def test_what_is_no_json_or_no_route_is_one_sentence(client: TestClient) -> None:
    headers = {"Content-Type": "application/json"}
    assert_refused(client.post("/ask", content=b"{", headers=headers), 422, '{"question"')
    for content, said in [
        (b"[]", "the request is no object of JSON; send {"),
        (b'"Who?"', "the request is no object of JSON; send {"),
        (b"null", "the request is no object of JSON; send {"),
        (b"", "the request is no object of JSON; send {"),
        (b"[" * 100_000, "the request is nested too deep; send {"),
        (b'{"question": "\xff"}', "the request is no JSON; send {"),
        (b'{"top_k": ' + b"9" * 5000 + b"}", "the request is no JSON; send {"),
    ]:
        assert_refused(client.post("/ask", content=content, headers=headers), 422, said)


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "x"])
def test_who_does_not_say_that_it_is_json_is_told_to(client: TestClient, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    for content in (b'{"question": "Who?"}', b"question=Who?"):
        said = "the request is not said to be JSON; send Content-Type: application/json"
        assert_refused(client.post("/ask", content=content, headers=headers), 422, said)
    assert_refused(client.get("/etc/passwd"), 404, "/openapi.json")
    assert_refused(client.delete("/ask"), 405)


def test_a_request_that_is_too_long_is_refused(bot: Bot) -> None:
    with client_of(bot, Limits(body=100)) as client:
        assert client.post("/ask", json={"question": KEEPER}).status_code == 200
        assert_refused(client.post("/ask", json={"question": "a" * 100}), 413, "100 bytes")


def test_a_request_that_never_ends_is_given_up(bot: Bot) -> None:
    sent: list[Any] = []

    async def never() -> Any:
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(*_: Any) -> None:
        raise AssertionError("it was begun")

    scope = {"type": "http", "path": "/ask"}
    asyncio.run(guards.Body(app, most=100, seconds=0.05)(scope, never, send))
    assert sent[0]["status"] == 408


def test_who_asks_too_often_is_told_when_to_come_back(bot: Bot) -> None:
    with client_of(bot, Limits(per_minute=2)) as client:
        statuses = [client.get("/ask", params={"question": KEEPER}).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert client.get("/healthz").status_code == 200
        refused = client.get("/ask", params={"question": KEEPER})
        assert_refused(refused, 429, "too many requests")
        assert 1 <= int(refused.headers["Retry-After"]) <= 30


def test_so_many_requests_a_minute_in_bursts_or_evenly() -> None:
    now = [0.0]
    rate = guards.Rate(6, lambda: now[0])
    assert [rate.wait("a") for _ in range(7)] == [0] * 6 + [10]
    assert rate.wait("b") == 0
    now[0] = 10
    assert [rate.wait("a"), rate.wait("a")] == [0, 10]


def test_neighbours_of_one_network_are_one_client() -> None:
    networks = {guards.network(address) for address in ("2001:db8::1", "2001:db8::2:1")}
    assert networks == {"2001:db8::/64"}
    assert guards.network("192.0.2.1") != guards.network("192.0.2.2")


def test_without_the_token_only_health_is_told(bot: Bot) -> None:
    with client_of(bot, access=Access(TOKEN)) as client:
        for headers in ({}, {"Authorization": TOKEN}, {"Authorization": "Bearer wrong"}):
            for path in ("/ask?question=a", "/openapi.json", "/passages/bees%23p1", "/nothing"):
                answer = client.get(path, headers=headers)
                assert_refused(answer, 401, "Bearer")
                assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert client.get("/healthz").json() == {"status": "ok"}
        headers = {"Authorization": f"Bearer {TOKEN}"}
        assert client.get("/ask?question=a", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8765", 200),
        ("127.0.0.1:8765", 200),
        ("[::1]:8765", 200),
        ("asks.example.org:443", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("127.0.0.1.evil.example:80", 400),
        ("", 400),
    ],
)
def test_a_page_whose_name_was_made_to_lead_here_gets_nothing(
    bot: Bot, host: str, status: int
) -> None:
    with client_of(bot, access=Access(names=("asks.example.org",))) as client:
        answer = client.get("/ask", params={"question": KEEPER}, headers={"Host": host})
        assert answer.status_code == status


def test_no_page_from_elsewhere_may_read_an_answer(client: TestClient) -> None:
    for path in ("/ask?question=a", "/healthz", "/nothing"):
        answer = client.get(path, headers={"Origin": "https://evil.example"})
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert not [name for name in answer.headers if name.startswith("access-control")]
    # A form or a script without leave can send this type; it is not read as JSON.
    plain = client.post(
        "/ask", content=b'{"question": "a"}', headers={"Content-Type": "text/plain"}
    )
    assert_refused(plain, 422)


# Trouble


def failing(bot: Bot, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(bot, "answer", fail)


def test_a_fault_is_told_without_its_insides(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(bot, monkeypatch, ZeroDivisionError("secret"))
    with client_of(bot) as client:
        answer = client.get("/ask", params={"question": KEEPER})
    assert_refused(answer, 500, "a fault of the program")
    assert "ZeroDivision" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    log = capsys.readouterr().err
    assert re.match(r"qa: ZeroDivisionError in fail, .*test_serve.py:\d+\n$", log)


def test_an_index_that_cannot_be_used_is_said(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(bot, monkeypatch, LibraryError("the index is damaged; qa index --rebuild"))
    with client_of(bot) as client:
        answer = client.get("/ask", params={"question": KEEPER})
    assert_refused(answer, 503, "qa index --rebuild")


@contextmanager
def held(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Semaphore]:
    """A bot that answers only once this is left; the semaphore counts the answers begun."""
    begun, go, answer = threading.Semaphore(0), threading.Event(), bot.answer

    def wait(*arguments: Any, **more: Any) -> Any:
        begun.release()
        assert go.wait(20)
        return answer(*arguments, **more)

    monkeypatch.setattr(bot, "answer", wait)
    try:
        yield begun
    finally:
        go.set()


def test_who_finds_no_room_is_sent_away_and_may_come_back(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = bot.answer(KEEPER).to_dict()
    asked = {"question": KEEPER}
    with client_of(bot, Limits(threads=1, queue=0)) as client, ThreadPoolExecutor(1) as clients:
        with held(bot, monkeypatch) as begun:
            running = clients.submit(client.post, "/ask", json=asked)
            assert begun.acquire(timeout=10)
            refused = client.post("/ask", json=asked)
            assert_refused(refused, 503, "too many questions")
            assert refused.headers["Retry-After"] == "1"
            assert client.get("/healthz").status_code == 200
        assert running.result(20).json() == expected
        assert client.post("/ask", json=asked).json() == expected


def test_two_are_at_work_three_wait_and_the_sixth_finds_no_room() -> None:
    async def crowd() -> list[Any]:
        pool, go = Pool(2, 3), threading.Event()
        calls = [asyncio.create_task(pool.run(lambda: go.wait(20), 20)) for _ in range(6)]
        await asyncio.sleep(0)
        go.set()
        return await asyncio.gather(*calls, return_exceptions=True)

    *answered, sent_away = asyncio.run(crowd())
    assert answered == [True] * 5
    assert isinstance(sent_away, OverloadedError)


def test_what_is_given_up_while_it_waits_leaves_its_place() -> None:
    async def crowd() -> bool:
        pool, go = Pool(1, 1), threading.Event()
        running = asyncio.create_task(pool.run(lambda: go.wait(20), 20))
        await asyncio.sleep(0)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await pool.run(lambda: True, 0.01)
        go.set()
        return await running

    assert asyncio.run(crowd())


def test_an_answer_that_takes_too_long_is_given_up(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client_of(bot, Limits(seconds=0.1)) as client, held(bot, monkeypatch):
        assert_refused(client.get("/ask", params={"question": KEEPER}), 504, "too long")


# The command


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_this_machine_alone_needs_no_token(host: str) -> None:
    assert server.access(host, "", ()) == Access()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_other_machines_need_a_token(host: str) -> None:
    with pytest.raises(UsageError, match="QA_TOKEN"):
        server.access(host, "", ())
    assert server.access(host, TOKEN, ("a.example",)) == Access(TOKEN, ("a.example", host))


@pytest.mark.parametrize("token", ["short", "with a blank in it", "ключключключключ", "a\n" * 20])
def test_a_token_that_can_be_guessed_or_not_be_sent_is_refused(token: str) -> None:
    with pytest.raises(UsageError, match="token"):
        server.access("127.0.0.1", token, ())


def test_a_token_is_not_shown_where_its_value_is_printed() -> None:
    assert TOKEN not in repr(Access(TOKEN))


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setattr(qa.bot, "open_encoder", lambda *_: HashingEncoder())


@pytest.mark.usefixtures("hashing")
def test_trouble_with_the_place_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QA_TOKEN", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for arguments, said in (
            (["--port", port], f"cannot listen on 127.0.0.1, port {port}"),
            (["--port", "65536"], "at most 65535"),
            (["--host", "0.0.0.0"], "a token is needed"),
            (["--host", "no.such.host.invalid", "--token", TOKEN], "cannot listen on"),
        ):
            assert program.run(["serve", "-d", str(folder), *arguments]) == 2
            out, err = capsys.readouterr()
            assert (out, err.count("\n")) == ("", 1)
            assert said in err


def test_without_the_extra_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith(("qa.serving", "uvicorn"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert program.run(["serve"]) == 2
    assert capsys.readouterr().err == (
        'qa: serving needs uvicorn, which is not installed; pip install "qa[serve]"\n'
    )


# As a process of its own


@contextmanager
def process(*command: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process, and the port that it says it listens on."""
    serving = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert serving.stderr
    try:
        seen = ""
        while not (found := re.search(r"answers on http://127\.0\.0\.1:(\d+);", seen)):
            seen = serving.stderr.readline()
            assert seen, "it ended"
        yield serving, int(found[1])
    finally:
        serving.kill()
        serving.wait()
        serving.stderr.close()


def asked(port: int, question: str, token: str = "") -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    connection.request("POST", "/ask", json.dumps({"question": question}), headers)
    response = connection.getresponse()
    status, content = response.status, json.loads(response.read())
    connection.close()
    return status, content


@pytest.mark.usefixtures("prepared")
def test_the_command_answers_as_the_library_does_until_it_is_told_to_end(
    shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_CACHE", str(shared_cache))
    question = "How many Peruvians live abroad?"
    expected = qa.answer(question).to_dict()
    command = ("-m", "qa", "serve", "--port", "0")
    with process(*command, QA_CACHE=str(shared_cache), QA_TOKEN=TOKEN) as (serving, port):
        assert asked(port, question, TOKEN) == (200, expected)
        assert asked(port, question)[0] == 401
        serving.terminate()
        assert serving.wait(20) == 0
        assert serving.stderr
        assert serving.stderr.read() == ""


SLOW = """
import sys, time
from pathlib import Path
sys.path.insert(0, "tests")
from conftest import HashingEncoder
import qa.bot
from qa.__main__ import main
answer = qa.bot.Bot.answer
def slow(*arguments, **more):
    print("begun", file=sys.stderr, flush=True)
    time.sleep(1)
    return answer(*arguments, **more)
qa.bot.Bot.answer = slow
qa.bot.open_encoder = lambda *_: HashingEncoder()
sys.argv[0] = "qa"
main()
"""


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_what_runs_is_answered_before_the_end(
    folder: Path, cache: Path, ending: signal.Signals
) -> None:
    command = ("-c", SLOW, "serve", "--port", "0", "-d", str(folder))
    with process(*command) as (serving, port), ThreadPoolExecutor(1) as clients:
        running = clients.submit(asked, port, KEEPER)
        assert serving.stderr
        assert serving.stderr.readline() == "begun\n"
        serving.send_signal(ending)
        status, answer = running.result(20)
        assert (status, answer["quotes"][0]["source_id"]) == (200, "bees#p3")
        assert serving.wait(20) == 0
        with pytest.raises(ConnectionRefusedError):
            asked(port, KEEPER)


CROWD = """
import resource, sys
sys.path.insert(0, "tests")
from conftest import HashingEncoder
import qa.bot
from qa.__main__ import main
from qa.serving import connections
most, files, connections.HEADER = map(int, sys.argv[1:4])
connections.MOST = most
resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
qa.bot.open_encoder = lambda *_: HashingEncoder()
sys.argv[:4] = ["qa"]
main()
"""


@contextmanager
def crowded(folder: Path, most: int, files: int, seconds: int) -> Iterator[tuple[Any, int]]:
    """A service that keeps so many connections, and waits so long for a header."""
    numbers = map(str, (most, files, seconds))
    with process("-c", CROWD, *numbers, "serve", "--port", "0", "-d", str(folder)) as started:
        yield started


def opened(port: int, sent: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(sent)
    return connection


def received(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    try:
        return b"".join(iter(lambda: connection.recv(65536), b""))
    except ConnectionResetError:
        return b""


def status(connection: socket.socket) -> int:
    """That of the next response, which is read to its end, in however many parts it comes."""
    with http.client.HTTPResponse(connection) as response:
        response.begin()
        response.read()
        return response.status


def test_connections_that_say_nothing_leave_the_service_to_others(
    folder: Path, cache: Path
) -> None:
    with crowded(folder, 1000, 128, 6) as (serving, port):
        silent = [opened(port) for _ in range(300)]
        end = time.monotonic() + 5
        closed = [c for c in silent[64:] if received(c) == b""]
        assert (len(closed), time.monotonic() < end) == (236, True)  # of 128 files, half
        assert all(received(c) == b"" for c in silent[:64])
        assert asked(port, KEEPER)[0] == 200
        for connection in silent:
            connection.close()
        serving.terminate()
        assert serving.wait(20) == 0
        assert serving.stderr.read() == ""


def test_a_header_that_does_not_end_is_answered_and_closed(folder: Path, cache: Path) -> None:
    with crowded(folder, 1000, 1024, 1) as (_, port), opened(port, b"GET / HT") as endless:
        begun = time.monotonic()
        for letter in b"TP/1.1":
            time.sleep(0.1)
            endless.sendall(bytes([letter]))
        head, body = received(endless).split(b"\r\n\r\n")
        assert 0.9 < time.monotonic() - begun < 5
        assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert b"\r\nx-content-type-options: nosniff" in head.lower()
        assert json.loads(body) == {"error": "no whole header was there after 1 seconds"}
        with opened(port, b"nonsense\r\n\r\n") as strange:
            head, body = received(strange).split(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert list(json.loads(body)) == ["error"]


def test_a_slow_body_and_the_time_between_requests_are_not_cut(folder: Path, cache: Path) -> None:
    content = json.dumps({"question": KEEPER}).encode()
    head = (
        b"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(content)
    )
    with crowded(folder, 1000, 1024, 1) as (_, port), opened(port, head) as connection:
        for part in (content[:5], content[5:]):
            time.sleep(0.8)
            connection.sendall(part)
        assert status(connection) == 200
        time.sleep(1.5)
        connection.sendall(head + content)
        assert status(connection) == 200
        connection.sendall(b"GET")
        assert b"HTTP/1.1 408" in received(connection)


def test_what_cannot_be_accepted_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    said, loop = connections.Troubles(), asyncio.new_event_loop()
    for _ in range(100):
        said(loop, {"exception": OSError(24, "Too many open files"), "socket": None})
    loop.close()
    assert capsys.readouterr().err == "qa: no connection can be taken (Too many open files)\n"


def test_a_folder_that_is_gone_is_told_with_status_503(
    bot: Bot, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "LOOK_AGAIN", 0.05)
    with client_of(bot) as client:
        assert client.get("/healthz").status_code == 200
        folder.rename(folder.with_name("away"))
        end = time.monotonic() + 10
        while client.get("/healthz").status_code == 200 and time.monotonic() < end:
            time.sleep(0.05)
        assert_refused(client.get("/healthz"), 503, "is not a folder")
        assert_refused(client.post("/ask", json={"question": "Who?"}), 503, "is not a folder")


def test_a_connection_sends_what_it_has_without_waiting_for_acknowledgements() -> None:
    with (
        server.listen("127.0.0.1", 0) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
