"""What the container files and the deployment guide name really exists."""

import json
import re
import shutil
import subprocess
import time
import tomllib
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import yaml
from pydicom import Dataset, dcmread
from pydicom.uid import UID, generate_uid
from pynetdicom import AE, AllStoragePresentationContexts, evt
from typer.main import get_command

from benchmarks.made_series import write_series
from db.engine import make_engine, migrate, writing
from db.slots import LEASE, beat, claim_slot
from listener.cli import app
from listener.demo.pacs import free_port, orthanc_binary, wait_for_port
from listener.destinations import Destination, DestinationTLS, WebDestination
from listener.health import dashboard_problem, listener_problem, worker_problem
from listener.settings import ListenerTLS, Settings

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "deployment.md"
LUA = ROOT / "docker" / "orthanc" / "route_to_betz.lua"
COMMANDS = get_command(app).commands


class StrictLoader(yaml.SafeLoader):
    """YAML in which no key is given twice."""


def _mapping(loader, node):
    keys = [loader.construct_object(key) for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
    assert len(keys) == len(set(keys)), f"a key is given twice: {keys}"
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


@pytest.fixture(scope="module")
def compose():
    return yaml.load((ROOT / "docker-compose.yml").read_text(), StrictLoader)


@pytest.fixture(scope="module")
def betz_services(compose):
    services = {name: s for name, s in compose["services"].items() if s["image"].startswith("betz:")}
    assert set(services) == {"listener", "worker", "dashboard"}
    return services


@pytest.fixture(scope="module")
def dockerfile():
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.split(None, 1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest.strip()) for word, rest in lines]


@pytest.fixture
def settings_of(monkeypatch, tmp_path):
    """Settings made from an environment alone; ``extra="forbid"`` refuses sections' unknown names."""

    def make(environment):
        monkeypatch.chdir(tmp_path)
        known = {name.upper() for name in Settings.model_fields}
        for name, value in environment.items():
            if name.startswith("BETZ_"):
                assert name.removeprefix("BETZ_").split("__")[0] in known, name
                monkeypatch.setenv(name, value)
        return Settings()

    return make


def final_stage(dockerfile):
    starts = [n for n, (word, _) in enumerate(dockerfile) if word == "FROM"]
    assert len(starts) > 1
    return dockerfile[starts[-1] :]


def image_environment(dockerfile):
    text = " ".join(rest for word, rest in final_stage(dockerfile) if word == "ENV")
    return dict(part.split("=", 1) for part in text.split())


def assert_command(words):
    """Raise unless these words, after ``betz``, are a command of it with its arguments in order."""
    command = COMMANDS[words[0]]
    with command.make_context(words[0], list(words[1:])):
        pass


def test_compose_is_valid_to_docker_compose():
    if shutil.which("docker-compose") is None:
        pytest.skip("docker-compose is not installed")
    done = subprocess.run(
        ["docker-compose", "-f", str(ROOT / "docker-compose.yml"), "config"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_every_service_has_a_health_check_and_every_betz_command_exists(compose, betz_services):
    assert all("healthcheck" in service for service in compose["services"].values())
    for service in betz_services.values():
        assert_command(service["command"])
        marker, program, *words = service["healthcheck"]["test"]
        assert (marker, program) == ("CMD", "betz")
        assert_command(words)


def test_settings_of_the_services_are_settings(betz_services, dockerfile, settings_of):
    for service in betz_services.values():
        settings = settings_of(image_environment(dockerfile) | service["environment"])
        assert settings.listener.host == "0.0.0.0"
        assert {settings.database.password_file, settings.dashboard.password_file} - {None} == {
            Path("/run/secrets") / secret for secret in service["secrets"]
        }
        assert [d.name for d in settings.destinations] == ["orthanc"]


def test_an_unknown_setting_is_noticed(settings_of):
    with pytest.raises((AssertionError, ValueError)):
        settings_of({"BETZ_LISTENER__AE_TITEL": "BETZ"})


def test_both_sides_of_the_association_agree(compose, betz_services, settings_of):
    settings = settings_of(betz_services["listener"]["environment"])
    pacs = json.loads((ROOT / "docker/orthanc/orthanc.json").read_text())
    (destination,) = settings.destinations
    assert (destination.ae_title, destination.port) == (pacs["DicomAet"], pacs["DicomPort"])
    assert destination.host in compose["services"]
    assert pacs["DicomModalities"]["betz"] == [
        settings.listener.ae_title,
        "listener",
        settings.listener.port,
    ]
    listener, orthanc = compose["services"]["listener"], compose["services"]["orthanc"]
    assert listener["ports"] == [f"{settings.listener.port}:{settings.listener.port}"]
    assert [port.split(":")[-1] for port in orthanc["ports"]] == [
        str(pacs["DicomPort"]),
        str(pacs["HttpPort"]),
    ]
    assert orthanc["ports"][1].startswith("127.0.0.1:")


def test_the_dashboard_is_shown_to_this_machine_only(compose, settings_of):
    service = compose["services"]["dashboard"]
    shown = settings_of(service["environment"]).dashboard
    assert service["ports"] == [f"127.0.0.1:{shown.port}:{shown.port}"]
    assert shown.host == "0.0.0.0"


def test_the_database_service_is_the_one_in_the_settings(compose, betz_services, settings_of):
    from sqlalchemy import make_url

    environment = compose["services"]["postgres"]["environment"]
    for service in betz_services.values():
        url = make_url(settings_of(service["environment"]).database.url)
        assert url.host == "postgres"
        assert (url.username, url.database) == (environment["POSTGRES_USER"], environment["POSTGRES_DB"])
        assert url.password is None


def test_secrets_are_files_that_the_guide_names_and_git_ignores(compose, betz_services, settings_of):
    for service in compose["services"].values():
        for secret in service.get("secrets", ()):
            assert secret in compose["secrets"]
    for service in betz_services.values():
        file = settings_of(service["environment"]).database.password_file
        assert str(file.parent) == "/run/secrets"
        assert file.name in service["secrets"]
    for secret in compose["secrets"].values():
        path = secret["file"].removeprefix("./")
        assert path in GUIDE.read_text()
        ignored = subprocess.run(["git", "check-ignore", "--quiet", path], check=False, cwd=ROOT)
        assert ignored.returncode == 0, f"{path} could be committed"


def test_what_is_mounted_exists(compose, betz_services, settings_of):
    for service in compose["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (ROOT / source).is_file() if source.startswith(".") else source in compose["volumes"]
    for service in betz_services.values():
        storage = settings_of(service["environment"]).storage.url
        assert any(storage.startswith(volume.split(":")[1]) for volume in service["volumes"])


def test_image_copies_what_exists_and_every_package(dockerfile):
    copied = [
        source
        for word, rest in dockerfile
        if word == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for source in copied:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignored, source
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["packages"]["find"]["include"]
    assert all(any(fnmatch(source, pattern) for source in copied) for pattern in patterns)
    assert {project["project"]["readme"], *project["project"]["license-files"]} <= set(copied)


def test_image_runs_as_an_ordinary_user_without_build_tools(dockerfile, settings_of):
    stage = final_stage(dockerfile)
    assert "slim" in stage[0][1]
    users = [rest for word, rest in stage if word == "USER"]
    assert users
    assert users[-1] not in ("root", "0")
    assert not any("apt-get" in rest or "gcc" in rest for word, rest in stage if word == "RUN")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (entry,) = [json.loads(rest) for word, rest in stage if word == "ENTRYPOINT"]
    assert entry[0] in project["project"]["scripts"]
    (command,) = [json.loads(rest) for word, rest in stage if word == "CMD"]
    assert_command(command)
    (check,) = [rest for word, rest in stage if word == "HEALTHCHECK"]
    program, *words = json.loads(check[check.index("[") :])
    assert program == entry[0]
    assert_command(words)
    (port,) = [rest for word, rest in stage if word == "EXPOSE"]
    settings = settings_of(image_environment(dockerfile))
    assert int(port) == settings.listener.port
    (volume,) = [rest for word, rest in stage if word == "VOLUME"]
    assert settings.storage.url.startswith(volume)


def test_the_guide_explains_every_setting(monkeypatch, tmp_path):
    """The example of a settings file is valid, and names each setting once."""
    example = re.search(r"```toml\n(# betz\.toml\n.*?)```", GUIDE.read_text(), re.DOTALL).group(1)
    file = tmp_path / "betz.toml"
    file.write_text(re.sub(r"^# (\w+ = )", r"\1", example, flags=re.MULTILINE))
    monkeypatch.chdir(tmp_path)
    assert Settings()
    named = tomllib.loads(file.read_text())
    for name, field in Settings.model_fields.items():
        assert name in named, name
        section = getattr(field.annotation, "model_fields", None)
        if section:
            assert set(named[name]) == set(section), name
    for destination, model in zip(named["destinations"], (Destination, WebDestination), strict=True):
        assert set(model.model_fields) - set(destination) <= {"token_file"}
    assert set(named["destinations"][0]["tls"]) == set(DestinationTLS.model_fields)
    assert set(named["listener"]["tls"]) == set(ListenerTLS.model_fields)
    assert "token_file" in example


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("**/*.md")), ids=lambda p: p.name)
def test_pages_name_commands_and_files_that_exist(page):
    text = page.read_text()
    for words in re.findall(r"(?<![\w./-])(?:\./run )?betz ([a-z]+)\b", "\n".join(_code(text))):
        assert words in COMMANDS, words
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (page.parent / target).exists(), target
    for path in re.findall(
        r"`((?:listener|processors|reports|db|dashboard|phantoms|docker|benchmarks)/[\w./-]*)`", text
    ):
        assert (ROOT / path).exists(), path


def _code(text):
    blocks = re.findall(r"```(?:sh|ini|yaml)\n(.*?)```", text, re.DOTALL)
    return [*blocks, *re.findall(r"`(betz [^`]*)`", text)]


def test_lua_is_lua():
    compiler = shutil.which("luac") or shutil.which("luac5.4") or shutil.which("luac5.3")
    if compiler is None:
        pytest.skip("luac is not installed")
    done = subprocess.run([compiler, "-p", str(LUA)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def node():
    """A listener that remembers what came, as Betz's AE."""
    came = []
    ae = AE("BETZ")
    ae.supported_contexts = AllStoragePresentationContexts

    def keep(event):
        came.append((str(event.request.AffectedSOPInstanceUID), id(event.assoc)))
        return 0x0000

    port = free_port()
    server = ae.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, keep)])
    yield port, came
    server.shutdown()


@pytest.fixture
def orthanc(node, tmp_path):
    """The Orthanc of the compose file, its folders and addresses moved to this machine's."""
    binary = orthanc_binary()
    if binary is None:
        pytest.skip("Orthanc is not installed")
    configuration = json.loads((ROOT / "docker/orthanc/orthanc.json").read_text())
    configuration |= {
        "StorageDirectory": str(tmp_path / "storage"),
        "IndexDirectory": str(tmp_path / "storage"),
        "DicomPort": free_port(),
        "HttpPort": free_port(),
        "StableAge": 1,
        "LuaScripts": [str(LUA)],
        "Plugins": [],
    }
    configuration["DicomModalities"]["betz"] = ["BETZ", "127.0.0.1", node[0]]
    file = tmp_path / "orthanc.json"
    file.write_text(json.dumps(configuration))
    with (tmp_path / "orthanc.log").open("wb") as log:
        process = subprocess.Popen([binary, str(file)], stdout=log, stderr=log)
        wait_for_port(configuration["HttpPort"], process)
        yield configuration
        process.terminate()
        process.wait()


def test_orthanc_routes_mr_and_nothing_else(orthanc, node, tmp_path):
    _, came = node
    images = write_series(tmp_path / "series", 3, 16, seed=1)
    report = _as(images[0], "1.2.840.10008.5.1.4.1.1.88.34", "SR", tmp_path / "sr.dcm")
    for path in (*images, report):
        request = Request(
            f"http://127.0.0.1:{orthanc['HttpPort']}/instances", path.read_bytes(), method="POST"
        )
        urlopen(request).read()
    deadline = time.monotonic() + 20
    while len(came) < len(images) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(2.5)
    assert sorted(uid for uid, _ in came) == sorted(str(dcmread(p).SOPInstanceUID) for p in images)
    assert len({association for _, association in came}) == 1


def test_orthanc_health_check_holds(compose, orthanc):
    marker, *command = compose["services"]["orthanc"]["healthcheck"]["test"]
    assert marker == "CMD"
    here = [word.replace("/8042", f"/{orthanc['HttpPort']}") for word in command]
    assert subprocess.run(here, check=False, timeout=10).returncode == 0
    nowhere = [word.replace("/8042", f"/{free_port()}") for word in command]
    assert subprocess.run(nowhere, check=False, timeout=10, stderr=subprocess.DEVNULL).returncode != 0


def _as(image, sop_class_uid, modality, path):
    ds: Dataset = dcmread(image)
    for keyword in ("PixelData", "Rows", "Columns"):
        del ds[keyword]
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = UID(sop_class_uid)
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    ds.SeriesInstanceUID = generate_uid()
    ds.Modality = modality
    ds.save_as(path, enforce_file_format=True)
    return path


def test_health_of_a_listener_that_admits_only_some(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    ae = AE("BETZ")
    ae.add_supported_context("1.2.840.10008.1.1")
    ae.require_called_aet = True
    ae.require_calling_aet = ["MYPACS"]
    port = free_port()
    server = ae.start_server(("0.0.0.0", port), block=False)
    listener = {"host": "0.0.0.0", "port": port}
    try:
        assert listener_problem(Settings(listener={**listener, "calling_ae_titles": ["MYPACS"]})) is None
        assert "rejected" in listener_problem(Settings(listener=listener))
    finally:
        server.shutdown()
    assert listener_problem(Settings(listener=listener)) == "The destination does not answer."


def test_health_of_a_worker_is_its_heartbeat(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = Settings(database={"url": f"sqlite:///{tmp_path / 'betz.sqlite'}"})
    assert "does not answer" in worker_problem(settings)
    engine = make_engine(settings.database.address())
    migrate(engine)
    assert "No worker" in worker_problem(settings)
    with writing(engine) as session:
        slot = claim_slot(session, datetime.now(UTC))
    assert worker_problem(settings) is None
    with writing(engine) as session:
        beat(session, slot, datetime.now(UTC) - 2 * LEASE)
    assert "No worker" in worker_problem(settings)


def test_health_of_a_dashboard_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert "does not answer" in dashboard_problem(Settings(dashboard={"port": free_port()}))
