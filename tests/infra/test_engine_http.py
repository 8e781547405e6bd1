"""The engine's HTTP interface, asked as curl asks."""

import gzip
import subprocess
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from urllib.parse import urlencode

import lz4.frame
import pytest
from backports import zstd
from clickhouse_driver import Client

from infra.embedded.engine import Engine
from infra.embedded.native_packing import pack
from tests.infra.engines import ENDLESS, RUNNING, new_table, wait_for

pytestmark = pytest.mark.engine


class Answered:
    """An answer, whatever its status."""

    def __init__(self, status: int, heads: Message, body: bytes) -> None:
        self.status, self.heads, self.body = status, heads, body
        self.code = int(heads["X-ClickHouse-Exception-Code"] or 0)


def ask(
    engine: Engine,
    body: bytes | str | None = None,
    heads: dict[str, str] | None = None,
    path: str = "/",
    **params: str,
) -> Answered:
    """One request: POST where there is a body."""
    url = f"{engine.http_url}{path}?{urlencode(params)}"
    data = body.encode() if isinstance(body, str) else body
    request = urllib.request.Request(url, data, heads or {})
    try:
        with urllib.request.urlopen(request, timeout=60) as got:
            return Answered(got.status, got.headers, got.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return Answered(refused.code, refused.headers, refused.read())


def test_curl_asks_as_of_a_server(engine: Engine) -> None:
    """The command that everybody types first."""
    done = subprocess.run(
        ["curl", "-sS", f"{engine.http_url}/?query=SELECT%201,%27a%27"],
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"1\ta\n"
    assert ask(engine, path="/ping").body == b"Ok.\n"


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("TabSeparated", b"0\ta\n1\ta\n"),
        ("CSVWithNames", b'"n","s"\n0,"a"\n1,"a"\n'),
        ("JSONEachRow", b'{"n":0,"s":"a"}\n{"n":1,"s":"a"}\n'),
        ("Values", b"(0,'a'),(1,'a')"),
    ],
)
def test_a_format_by_clause_by_parameter_or_by_header(
    engine: Engine, form: str, body: bytes
) -> None:
    """One block a row, so that a format with a head would show it twice; the clause wins."""
    sql = "SELECT number AS n, 'a' AS s FROM numbers(2)"
    small = {"max_block_size": "1"}
    for got in (
        ask(engine, f"{sql} FORMAT {form}", default_format="CSV", **small),
        ask(engine, sql, default_format=form, **small),
        ask(engine, sql, {"X-ClickHouse-Format": form}, **small),
    ):
        assert (got.status, got.body, got.heads["X-ClickHouse-Format"]) == (200, body, form)


def test_a_format_that_needs_the_whole_is_bounded(engine: Engine) -> None:
    """The others stream."""
    sql = "SELECT number FROM numbers(10000000)"
    assert ask(engine, f"{sql} FORMAT JSON").code == 396
    assert (
        len(ask(engine, f"{sql} FORMAT TSV").body) == sum(9 * 10**n * (n + 2) for n in range(7)) + 2
    )


def test_values_are_bound_by_the_engine(engine: Engine) -> None:
    """`param_x`, in a statement and in what a reader's statement is checked by."""
    odd = "it's; DROP TABLE x"
    got = ask(engine, "SELECT {x:String}, {y:UInt8} + 1", param_x=odd, param_y="3")
    assert got.body == f"{odd}\t4\n".replace("'", "\\'").encode()
    assert ask(engine, query="SELECT {x:String}", param_x="a").body == b"a\n"
    assert ask(engine, "SELECT {y:UInt8}", param_y="many").code == 457


@pytest.mark.parametrize(
    ("sql", "code", "status"),
    [
        ("SELECT 1 FROM nowhere", 60, 404),
        ("SELEC 1", 62, 400),
        ("SELECT 1; SELECT 2", 62, 400),
        ("", 62, 400),
        ("SELECT 1 INTO OUTFILE 'x'", 358, 500),
        ("SELECT 1 FORMAT Nope", 73, 404),
    ],
)
def test_a_refused_statement_has_code_and_status(
    engine: Engine, sql: str, code: int, status: int
) -> None:
    """As a server gives them."""
    got = ask(engine, sql)
    assert (got.code, got.status) == (code, status)
    assert got.body.startswith(f"Code: {code}. DB::Exception: ".encode())


def test_settings_are_those_of_a_list_and_hold_for_their_request(engine: Engine) -> None:
    """What is on no list is refused by name."""
    asked = "SELECT value FROM system.settings WHERE name = 'max_block_size'"
    assert ask(engine, asked, max_block_size="1234").body == b"1234\n"
    assert ask(engine, asked).body != b"1234\n"
    assert ask(engine, "SELECT 1", max_nonsense="1").code == 115
    assert ask(engine, "SELECT 1", max_threads="many").code == 27
    refused = ask(engine, "SELECT 1", s3_max_connections="1")
    assert refused.code == 452
    assert b"'s3_max_connections'" in refused.body
    slow = "SELECT sum(cityHash64(number)) FROM numbers(100000000000)"
    assert ask(engine, slow, max_execution_time="1").code == 159


@pytest.mark.parametrize("encoding", ["", "gzip", "lz4", "zstd", "packed"])
@pytest.mark.parametrize("apart", [True, False], ids=["query apart", "one body"])
def test_rows_come_in_the_body(client: Client, engine: Engine, encoding: str, apart: bool) -> None:
    """With their statement in the address or before them; encoded piece by piece."""
    table = new_table(client, "a UInt32, b String")
    encode = {"gzip": gzip.compress, "lz4": lz4.frame.compress, "zstd": zstd.compress}
    encode |= {"": bytes, "packed": pack}
    sql = f"INSERT INTO {table} FORMAT CSV"
    rows = [b"".join(b"%d,\"x; 'y'\"\n" % n for n in range(at, at + 9_000)) for at in (0, 9_000)]
    pieces = rows if apart else [sql.encode() + b"\n", *rows]
    heads = {"Content-Encoding": encoding} if encoding not in ("", "packed") else {}
    params = {"query": sql} if apart else {}
    params |= {"decompress": "1"} if encoding == "packed" else {}
    got = ask(engine, b"".join(encode[encoding](piece) for piece in pieces), heads, **params)
    assert (got.status, got.body) == (200, b"")
    assert '"written_rows":"18000"' in got.heads["X-ClickHouse-Summary"]
    asked = f"SELECT count(), sum(a), any(b) FROM {table}"
    assert client.execute(asked) == [(18_000, 18_000 * 17_999 // 2, "x; 'y'")]


def test_rows_that_cannot_be_taken_are_refused_and_nothing_is_left(
    client: Client, engine: Engine
) -> None:
    """Neither rows nor files."""
    table = new_table(client, "a UInt8, CONSTRAINT small CHECK a < 10")
    sql = f"INSERT INTO {table} FORMAT CSV"
    assert ask(engine, b"1\n200\n", query=sql).code == 469
    assert ask(engine, b"x\n", query=sql).code == 117
    whole = gzip.compress(b"1\n" * 1000)
    for body in (b"1\n", whole[:-9]):
        assert ask(engine, body, {"Content-Encoding": "gzip"}, query=sql).code == 271
    assert ask(engine, b"1\n", {"Content-Encoding": "rot13"}, query=sql).code == 271
    assert ask(engine, pack(b"1\n")[:-1], query=sql, decompress="1").code == 271
    assert client.execute(f"SELECT count() FROM {table}") == [(0,)]
    wait_for(lambda: not list((engine.folder / "incoming").iterdir()))


@pytest.mark.parametrize(
    ("encoding", "decode"),
    [("gzip", gzip.decompress), ("lz4", lz4.frame.decompress), ("zstd", zstd.decompress)],
)
def test_an_answer_is_encoded_where_it_is_asked_for(
    engine: Engine, encoding: str, decode: object
) -> None:
    """Only with `enable_http_compression`, as on a server."""
    sql = "SELECT number FROM numbers(100000)"
    heads = {"Accept-Encoding": f"br, {encoding};q=0.9"}
    plain = ask(engine, sql, heads)
    got = ask(engine, sql, heads, enable_http_compression="1")
    assert plain.heads["Content-Encoding"] is None
    assert got.heads["Content-Encoding"] == encoding
    assert callable(decode)
    assert decode(got.body) == plain.body
    assert len(got.body) < len(plain.body)


def test_a_user_by_basic_by_headers_or_in_the_address(engine: Engine) -> None:
    """A reader reads; nobody else comes in without the right password."""
    password = engine.users.passwords()["reader"]
    basic = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    basic.add_password(None, engine.http_url, "reader", password)
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(basic))
    with opener.open(f"{engine.http_url}/?query=SELECT+1", timeout=60) as got:
        assert got.read() == b"1\n"
    key = {"X-ClickHouse-User": "reader", "X-ClickHouse-Key": password}
    for heads, params in ((key, {}), ({}, {"user": "reader", "password": password})):
        assert ask(engine, "SELECT 1", heads, **params).body == b"1\n"
        assert ask(engine, "DROP TABLE x", heads, **params).code == 164
        assert ask(engine, "SELECT 1", heads, max_result_rows="0", **params).code == 452
    assert ask(engine, "SELECT 1", {**key, "X-ClickHouse-Key": "x"}).status == 403
    assert ask(engine, "SELECT 1", {"Authorization": "Bearer x"}).code == 516


@pytest.mark.parametrize(
    "heads",
    [
        {"Origin": "http://example.org"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "example.org"},
        {"X-Forwarded-For": "192.0.2.1"},
    ],
    ids=["page", "picture in a page", "name", "proxy"],
)
def test_no_web_page_and_no_proxy_is_the_user_without_a_password(
    engine: Engine, heads: dict[str, str]
) -> None:
    """A page in somebody's browser could else send statements to this machine."""
    assert ask(engine, "SELECT 1", heads).code == 516


def test_get_only_reads(engine: Engine, client: Client) -> None:
    """A link that somebody follows changes nothing."""
    table = new_table(client, "a UInt8")
    assert ask(engine, query=f"DROP TABLE {table}").code == 164
    assert ask(engine, query=f"SELECT count() FROM {table}").body == b"0\n"
    assert ask(engine, query="SELECT 1", max_execution_time="0").code == 452
    assert ask(engine, b"", query=f"DROP TABLE {table}").status == 200


def test_a_session_keeps_its_temporary_tables_and_settings(engine: Engine) -> None:
    """By name, one request at a time, each user's own."""
    mine = {"session_id": "mine"}
    ask(engine, "CREATE TEMPORARY TABLE here (a UInt8)", **mine)
    ask(engine, "INSERT INTO here VALUES (5)", **mine)
    assert ask(engine, "SELECT a FROM here", **mine).body == b"5\n"
    assert ask(engine, "SELECT a FROM here").code == 60
    password = engine.users.passwords()["writer"]
    assert ask(engine, "SELECT a FROM here", user="writer", password=password, **mine).code == 60
    slow = "SELECT sleepEachRow(0.5) FROM numbers(4) FORMAT Null"
    with ThreadPoolExecutor(2) as pool:
        codes = {got.code for got in pool.map(lambda _: ask(engine, slow, **mine), range(2))}
    assert codes == {0, 373}
    assert ask(engine, "SELECT 1", session_timeout="long", **mine).code == 452


def test_short_statements_do_not_wait_for_a_long_one_that_ends_with_its_client(
    engine: Engine, client: Client
) -> None:
    """A hundred at once, each its own answer; and nothing keeps computing for nobody."""
    url = f"{engine.http_url}/?max_threads=1"
    with subprocess.Popen(["curl", "-sS", url, "-d", ENDLESS]) as leaving:
        wait_for(lambda: client.execute(RUNNING) == [(1,)])
        asked = [f"SELECT sum(number), {n} FROM numbers(100000)" for n in range(100)]
        with ThreadPoolExecutor(16) as pool:
            got = list(pool.map(lambda sql: ask(engine, sql).body, asked))
        assert client.execute(RUNNING) == [(1,)]
        leaving.kill()
    assert got == [f"4999950000\t{n}\n".encode() for n in range(100)]
    wait_for(lambda: client.execute(RUNNING) == [(0,)])
