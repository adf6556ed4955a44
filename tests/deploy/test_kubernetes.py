"""Kubernetes' manifests: valid by its schemas, and every name in them followed to the code that reads it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import click
import pytest
import yaml

from causal_organism.cli.main import organism
from causal_organism.deployments import HEARTBEAT_S, QUEUES, WORK_POOL
from causal_organism.platform.metrics import ABOUT
from causal_organism.settings import Settings
from causal_organism.stores.postgres.logins import DEPLOYED_WORKER
from tests.deploy.kustomized import KUBERNETES, OVERLAYS, ROOT, built, containers, named, pods

pytestmark = pytest.mark.large

VERSIONS = ("1.29", "1.30", "1.31", "1.32", "1.33")
OURS = {name for each in Settings.__dataclass_fields__.values() if (name := each.metadata["env"])}
POD_FIELDS = {"POD_NAME"}
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def prefects() -> set[str]:
    from prefect.settings import Settings as PrefectSettings
    from prefect.settings.legacy import _get_settings_fields

    # Of the package prefect-redis, and of Prefect's own start.
    return {*_get_settings_fields(PrefectSettings), "PREFECT_REDIS_MESSAGING_URL"}


@pytest.fixture(params=OVERLAYS)
def found(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return built(request.param)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_document_is_valid_and_has_no_field_that_is_unknown(found: list[Any], version: str) -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    for each in found:
        kubernetes_validate.validate(each, version, strict=True)


def test_a_schema_refuses_what_is_wrong() -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    service = named(built("base"), "Service")["prefect-server"]
    service["spec"]["prots"] = []
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(service, "1.33", strict=True)


def secrets() -> dict[str, dict[str, str]]:
    documents = yaml.safe_load_all((KUBERNETES / "secrets.example.yaml").read_text())
    return {each["metadata"]["name"]: each["stringData"] for each in documents}


def variables(found: list[Any], container: Mapping[str, Any]) -> dict[str, str]:
    """What its process finds in its environment."""
    maps = named(found, "ConfigMap")
    given: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        if "configMapRef" in source:
            given |= maps[source["configMapRef"]["name"]]["data"]
        else:
            given |= secrets()[source["secretRef"]["name"]]
    return given | {each["name"]: "" for each in container.get("env", ())}


def test_every_variable_is_one_that_the_process_reads(found: list[Any]) -> None:
    known = prefects()
    for name, template in pods(found):
        for container in containers(template):
            given = set(variables(found, container))
            unknown = given - POD_FIELDS - OURS - known
            assert unknown == set(), name
            if container["command"][:2] == ["prefect", "server"]:
                assert {each for each in given if each.startswith("ORGANISM_")} == set(), name
                assert "PREFECT_SERVER_API_AUTH_STRING" in given
            else:
                assert {"PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "ORGANISM_POSTGRES_DSN"} <= given, name
                assert "PREFECT_SERVER_DATABASE_CONNECTION_URL" not in given, name


def test_every_command_is_one(found: list[Any]) -> None:
    for _, template in pods(found):
        for container in containers(template):
            command = [word.replace("$(POD_NAME)", "pod") for word in container["command"]]
            if command[:2] == ["sh", "-c"]:
                command = re.sub(r".*\bexec ", "", command[2]).split(maxsplit=2)
            if command[0] == "organism":
                inner = organism.get_command(click.Context(organism), command[1])
                assert inner is not None
                inner.make_context(command[1], command[2:])
            else:
                assert command[0] == "prefect", command


def test_each_queue_has_workers_that_scale_with_it(found: list[Any]) -> None:
    workers = {name: each for name, each in named(found, "Deployment").items() if name.startswith("worker-")}
    served = {}
    for name, each in workers.items():
        words = dict(
            word.removeprefix("--").split("=")
            for word in containers(each["spec"]["template"])[0]["command"]
            if "=" in word
        )
        assert words["pool"] == WORK_POOL
        assert float(words["grace"]) < each["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        served[words["queue"]] = name
    assert set(served) == set(QUEUES)
    scalers = named(found, "HorizontalPodAutoscaler")
    for queue, name in served.items():
        metric = scalers[name]["spec"]["metrics"][0]["external"]["metric"]
        assert scalers[name]["spec"]["scaleTargetRef"]["name"] == name
        assert metric["name"] in ABOUT
        assert metric["selector"]["matchLabels"] == {"queue": queue}


def test_every_port_is_that_of_the_process_behind_it(found: list[Any]) -> None:
    templates = [template for _, template in pods(found)]
    for service in named(found, "Service").values():
        wanted = service["spec"]["selector"].items()
        (behind,) = [each for each in templates if wanted <= each["metadata"]["labels"].items()]
        ports = {port["name"]: port for each in containers(behind) for port in each.get("ports", ())}
        for port in service["spec"]["ports"]:
            number = ports[port["targetPort"]]["containerPort"]
            assert port["port"] == number
            assert any(str(number) in word for each in containers(behind) for word in each["command"])
    api = variables(found, containers(_template(found, "Deployment/worker-default"))[0])["PREFECT_API_URL"]
    service = named(found, "Service")["prefect-server"]
    assert api == f"http://prefect-server:{service['spec']['ports'][0]['port']}/api"
    health = containers(_template(found, "Deployment/worker-default"))[0]["ports"][0]["containerPort"]
    from prefect.settings import get_current_settings

    assert health == get_current_settings().worker.webserver.port


def _template(found: list[Any], name: str) -> dict[str, Any]:
    return dict(pods(found))[name]


def test_every_path_that_is_asked_is_answered(found: list[Any]) -> None:
    from prefect.server.api import admin, server
    from prefect.workers import server as workers

    assert admin.router  # the module of /health and /ready is the server's
    answered = {
        "prefect-server": {"/api/health", "/api/ready"},
        "worker-default": {"/health"},
        "worker-expensive": {"/health"},
    }
    assert '"/health"' in _source(workers)
    assert all(f'"/{name}"' in _source(server) for name in ("health", "ready"))
    for name, each in named(found, "Deployment").items():
        for container in each["spec"]["template"]["spec"]["containers"]:
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                get = container.get(probe, {}).get("httpGet")
                if get is not None:
                    assert get["path"] in answered[name]
                    assert get["port"] in {port["name"] for port in container["ports"]}


def _source(module: Any) -> str:
    import inspect

    return inspect.getsource(module)


def test_every_mount_is_where_the_process_writes_and_all_else_is_read_only(found: list[Any]) -> None:
    claims = named(found, "PersistentVolumeClaim")
    for name, template in pods(found):
        volumes = {each["name"]: each for each in template["spec"]["volumes"]}
        for each in volumes.values():
            claim = each.get("persistentVolumeClaim")
            assert claim is None or claim["claimName"] in claims, name
        for container in containers(template):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            mounted = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
            assert set(mounted.values()) <= set(volumes), name
            given = variables(found, container)
            wanted = {given[each] for each in ("ORGANISM_HOME", "ORGANISM_VALUES") if each in given}
            wanted |= {"/tmp"}
            if container["command"][0] == "prefect" or "worker" in container["command"]:
                wanted |= {given["PREFECT_HOME"]}
            wanted |= {path for word in container["command"] for path in re.findall(r'"(/\w+)/', word)}
            assert set(mounted) == wanted, name
            for path in re.findall(
                r'"(/[\w/]+)"', " ".join(container.get("livenessProbe", {}).get("exec", {}).get("command", ()))
            ):
                assert path == f"{given['ORGANISM_HOME']}/watch/alive"
    shared = {each for each, claim in claims.items() if claim["spec"]["accessModes"] == ["ReadWriteMany"]}
    assert shared == {"organism-values"}


def test_containers_are_locked_down_limited_and_probed(found: list[Any]) -> None:
    for name, template in pods(found):
        pod = template["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(template):
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert {"cpu", "memory"} == set(container["resources"]["requests"]) == set(container["resources"]["limits"])
            assert container["image"].endswith(f"causal-organism:{VERSION}"), name
            assert container["imagePullPolicy"] == "IfNotPresent"
            served = any("ports" in each for each in pod["containers"])
            if served and container in pod["containers"]:
                assert {"livenessProbe", "readinessProbe", "startupProbe"} <= container.keys(), name
    worker = containers(_template(found, "Deployment/worker-default"))[0]
    assert variables(found, worker)["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] == str(HEARTBEAT_S)


def test_what_is_selected_is_there_and_every_server_has_its_port_opened(found: list[Any]) -> None:
    labels = [template["metadata"]["labels"] for _, template in pods(found)]

    def selects(selector: Mapping[str, Any]) -> bool:
        wanted = selector.get("matchLabels", {}).items()
        return any(wanted <= each.items() for each in labels)

    policies = named(found, "NetworkPolicy")
    assert policies["nothing"]["spec"] == {
        "podSelector": policies["nothing"]["spec"]["podSelector"], "policyTypes": ["Ingress", "Egress"],
    }  # fmt: skip
    for kind in ("PodDisruptionBudget", "NetworkPolicy"):
        for name, each in named(found, kind).items():
            assert selects(each["spec"].get("selector") or each["spec"]["podSelector"]), (kind, name)
    opened = {port["port"] for rule in policies["organism"]["spec"]["egress"] for port in rule["ports"]}
    worker = variables(found, containers(_template(found, "Deployment/worker-default"))[0])
    addresses = {
        int(number) for text in worker.values() for number in re.findall(r"(?:\w|\])://\S*?:(\d{2,5})(?:/|$)", text)
    }
    assert {4200, 5432, 6379, 7687} <= addresses
    assert addresses <= opened


def test_secrets_are_named_once_and_hold_nothing_real() -> None:
    found = secrets()
    assert set(found) == {"causal-organism", "causal-organism-owner", "prefect-server", "prefect-redis"}
    for values in found.values():
        assert all("CHANGE-ME" in text or text == "" for text in values.values())
    everything = "".join(path.read_text() for path in KUBERNETES.rglob("*") if path.is_file())
    assert set(re.findall(r"secretRef: \{ name: ([\w-]+)(?:, optional: true)? \}", everything)) == set(found)


def test_who_sets_up_and_backs_up_is_the_owner_and_nobody_else(found: list[Any]) -> None:
    owners = set()
    for name, template in pods(found):
        for container in containers(template):
            given = variables(found, container)
            if "ORGANISM_POSTGRES_DSN" not in given:
                continue
            owner = "//organism:" in given["ORGANISM_POSTGRES_DSN"]
            assert owner == ("ORGANISM_WORKER_PASSWORD" in given) == ("//default:" in given["ORGANISM_REDIS_URL"]), name
            assert owner or f"//{DEPLOYED_WORKER}:" in given["ORGANISM_POSTGRES_DSN"], name
            owners |= {name} if owner else set()
    assert {name.rpartition("/")[2] for name in owners} == {"deploy", "backup"}


def test_production_names_registry_tag_and_storage() -> None:
    found = built("production")
    for _, template in pods(found):
        assert template["spec"]["imagePullSecrets"] == [{"name": "registry"}]
        assert all(each["image"] == f"registry.example.com/causal-organism:{VERSION}" for each in containers(template))
    assert all("storageClassName" in each["spec"] for each in named(found, "PersistentVolumeClaim").values())


def test_several_servers_share_a_redis_and_only_one_pod_schedules() -> None:
    found = built("ha")
    server = named(found, "Deployment")["prefect-server"]
    assert server["spec"]["replicas"] == 2
    (container,) = server["spec"]["template"]["spec"]["containers"]
    assert container["command"][-1] == "--no-services"
    services = named(found, "Deployment")["prefect-services"]
    assert (services["spec"]["replicas"], services["spec"]["strategy"]["type"]) == (1, "Recreate")
    given = variables(found, container)
    assert {value for name, value in given.items() if "MESSAGING_BROKER" in name or "MESSAGING_CACHE" in name} == {
        "prefect_redis.messaging"
    }
    assert given["PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE"] == "prefect_redis.lease_storage"
    assert {"PREFECT_SERVER_DOCKET_URL", "PREFECT_REDIS_MESSAGING_URL"} <= given.keys()
    assert "prefect-server" not in named(found, "PersistentVolumeClaim")
