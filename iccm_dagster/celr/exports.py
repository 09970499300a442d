"""Preference data on disk, as JSON lines and Parquet, with the configuration each consumer needs beside it.

```text
manifest.json                         rows and SHA-256 of every file
trl/  trl_conversational/  kto/       train.jsonl, validation.jsonl, and the same as Parquet
axolotl_sft/  axolotl_dpo/  sharegpt/ the same, and axolotl.yaml
llamafactory/                         the same, and dataset_info.json
spin/                                 the same
```

Rows are written as they come: memory does not grow with their number.
"""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from iccm_dagster.artifacts import file_digest
from iccm_dagster.celr.export_rows import FORMATS, Row, check_row, kto_rows, pair_rows, sft_rows, spin_rows
from iccm_dagster.celr.pairs import TRAINED_ON, PreferencePair, Unpaired
from iccm_dagster.errors import ArtifactError

if TYPE_CHECKING:
    import pyarrow as pa

MANIFEST = "manifest.json"
ROWS_PER_GROUP = 1000
_CHAT = """# Loads as it is in Axolotl: add base_model and adapter settings.
datasets:
  - path: {path}/train.jsonl
    ds_type: json
    type: chat_template
    field_messages: {field}
    roles_to_train: ["assistant"]
"""
_MAPPING = """    message_property_mappings:
      role: from
      content: value
    roles:
      user: ["human"]
      assistant: ["gpt"]
"""
_DPO = """# Loads as it is in Axolotl: add base_model and adapter settings.
rl: dpo
datasets:
  - path: axolotl_dpo/train.jsonl
    ds_type: json
    split: train
    type: chat_template.default
    field_messages: messages
    field_chosen: chosen
    field_rejected: rejected
"""
CONFIGURATIONS = {
    "axolotl_sft/axolotl.yaml": _CHAT.format(path="axolotl_sft", field="messages"),
    "sharegpt/axolotl.yaml": _CHAT.format(path="sharegpt", field="conversations") + _MAPPING,
    "axolotl_dpo/axolotl.yaml": _DPO,
}
_TAGS = {"role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt"}
DATASET_INFO = {
    "celr_preferences": {
        "file_name": "train.jsonl",
        "formatting": "sharegpt",
        "ranking": True,
        "columns": {"messages": "conversations", "chosen": "chosen", "rejected": "rejected"},
        "tags": _TAGS,
    },
    "celr_imitation": {
        "file_name": "../sharegpt/train.jsonl",
        "formatting": "sharegpt",
        "columns": {"messages": "conversations"},
        "tags": _TAGS,
    },
}


class ExportWriter:
    """Writes rows of all formats below a folder; the manifest comes last, on leaving without an error."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, _RowFile] = {}
        self._stack = ExitStack()

    def add_pair(self, pair: PreferencePair) -> None:
        """Write one pair in every format that takes it."""
        self._write(spin_rows(pair) if pair.source == "spin" else pair_rows(pair), pair.split)

    def add_unpaired(self, answer: Unpaired) -> None:
        """Write one answer without a partner."""
        self._write(kto_rows(answer), answer.split)

    def add_success(self, answer: Unpaired) -> None:
        """Write one answer that passes everything."""
        self._write(sft_rows(answer), answer.split)

    def __enter__(self) -> Self:
        for name, form in FORMATS.items():
            (self._folder / form.folder).mkdir(parents=True, exist_ok=True)
            for split in TRAINED_ON:
                path = f"{form.folder}/{split}"
                self._files[f"{name}/{split}"] = self._stack.enter_context(_RowFile(self._folder / path, form.columns))
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stack.close()
        if kind is not None:
            return
        for path, text in CONFIGURATIONS.items():
            (self._folder / path).write_text(text, encoding="utf-8")
        info = json.dumps(DATASET_INFO, indent=1)
        (self._folder / "llamafactory" / "dataset_info.json").write_text(info + "\n", encoding="utf-8")
        (self._folder / MANIFEST).write_text(json.dumps(self._manifest(), indent=1) + "\n", encoding="utf-8")

    def _write(self, rows: Mapping[str, Row], split: str) -> None:
        if split not in TRAINED_ON:
            raise ArtifactError(f"a row of the {split} split: only {' and '.join(TRAINED_ON)} may be exported")
        for name, row in rows.items():
            check_row(name, row)
            self._files[f"{name}/{split}"].write(row)

    def _manifest(self) -> dict[str, Any]:
        counts = {str(found.path.relative_to(self._folder)): found.rows for found in self._files.values()}
        files = {}
        for path in sorted(self._folder.rglob("*")):
            if path.is_file() and path.name != MANIFEST:
                name = path.relative_to(self._folder).as_posix()
                files[name] = {"rows": counts.get(str(Path(name).with_suffix(""))), "sha256": file_digest(path)}
        return {"files": files}


class _RowFile:
    """One table, as JSON lines and as Parquet."""

    def __init__(self, path: Path, columns: Mapping[str, str]) -> None:
        self.path, self.rows = path, 0
        self._columns, self._waiting = columns, list[Row]()
        self._lines: IO[str] | None = None
        self._parquet: Any = None

    def __enter__(self) -> Self:
        import pyarrow.parquet as pq

        self._schema = schema_of(self._columns)
        self._lines = self.path.with_name(self.path.name + ".jsonl").open("w", encoding="utf-8")
        self._parquet = pq.ParquetWriter(self.path.with_name(self.path.name + ".parquet"), self._schema)
        return self

    def write(self, row: Row) -> None:
        assert self._lines is not None
        # ASCII only: U+2028 ends a line for some readers of JSON lines.
        self._lines.write(json.dumps(row) + "\n")
        self._waiting.append(row)
        self.rows += 1
        if len(self._waiting) == ROWS_PER_GROUP:
            self._flush()

    def __exit__(self, *_: object) -> None:
        assert self._lines is not None
        self._lines.close()
        self._flush()
        self._parquet.close()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._parquet.write_table(pa.Table.from_pylist(self._waiting, schema=self._schema))
            self._waiting.clear()


def schema_of(columns: Mapping[str, str]) -> "pa.Schema":
    """Return the Parquet schema of a format: the same for an empty file."""
    import pyarrow as pa

    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    turn = pa.struct([("from", pa.string()), ("value", pa.string())])
    kinds = {
        "text": pa.string(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "message": message,
        "messages": pa.list_(message),
        "turn": turn,
        "turns": pa.list_(turn),
    }
    return pa.schema([(name, kinds[kind]) for name, kind in columns.items()])


def verify_export(folder: Path) -> dict[str, int]:
    """Return the number of rows of each table; raise ArtifactError where a file is missing or was changed."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    for name, said in manifest["files"].items():
        path = folder / name
        if not path.is_file() or file_digest(path) != said["sha256"]:
            raise ArtifactError(f"{path} is missing or was changed since it was exported. Export again.")
    return {name: said["rows"] for name, said in manifest["files"].items() if said["rows"] is not None}
