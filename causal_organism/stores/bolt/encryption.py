"""What the driver is told of certificates."""

from __future__ import annotations

from typing import Any

from causal_organism.stores.tls import Tls


def encrypted(uri: str, tls: Tls) -> tuple[str, dict[str, Any]]:
    """The address and options for one that ends in `+s`; others stay as they are.

    The driver takes files only with an address that does not say itself how it is encrypted.
    """
    scheme, mark, rest = uri.partition("+s://")
    if not mark or not tls:
        return uri, {}
    import neo4j  # loaded by who connects

    options: dict[str, Any] = {"encrypted": True, "trusted_certificates": neo4j.TrustSystemCAs()}
    if tls.ca is not None:
        options["trusted_certificates"] = neo4j.TrustCustomCAs(tls.ca)
    if tls.cert is not None:
        from neo4j.auth_management import ClientCertificate, ClientCertificateProviders

        options["client_certificate"] = ClientCertificateProviders.static(ClientCertificate(tls.cert, tls.key))
    return f"{scheme}://{rest}", options
