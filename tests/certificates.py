"""An authority of the tests' own, and certificates that it signed for this machine."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority; each has a name of its own."""

    def __init__(self, openssl: str, folder: Path, name: str = "Tests") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._openssl, self._folder, self._name = openssl, folder, name
        self.file = folder / f"{name}-ca.pem"
        self._key = folder / f"{name}-ca.key"
        subject = ["-subj", f"/CN={name} CA", "-addext", "basicConstraints=critical,CA:TRUE"]
        self._run("req", "-x509", *self._new_key(self._key), "-out", str(self.file), "-days", "2", *subject)

    def sign(self, name: str, host: str = "IP:127.0.0.1") -> Certificate:
        """A certificate for server and client."""
        made = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request, extensions = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={host}\n")
        self._run("req", *self._new_key(made.key), "-out", str(request), "-subj", f"/CN={name}")
        signed_by = ["-CA", str(self.file), "-CAkey", str(self._key), "-CAcreateserial"]
        files = ["-in", str(request), "-extfile", str(extensions), "-out", str(made.certificate)]
        self._run("x509", "-req", "-days", "2", *signed_by, *files)
        return made

    def _new_key(self, file: Path) -> list[str]:
        return ["-newkey", "rsa:2048", "-nodes", "-keyout", str(file)]

    def _run(self, *words: str) -> None:
        subprocess.run([self._openssl, *words], check=True, capture_output=True, timeout=60)
