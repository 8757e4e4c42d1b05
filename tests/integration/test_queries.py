"""Every named query is prepared against the migrated schema, and gives what its reader expects.

This is the type checker of the SQL. A new query fails here until it is listed: with the model it
is read into, or with its columns in ``query_columns.json``.
"""

import json
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel

from schemas.command import StoredCommand
from schemas.organisation import Absence, Holding, Mandate, Post
from storage.query import NAMES, Query, queries
from storage.read.file import Attempt
from storage.read.listing import ListedFile
from storage.read.person import ListedPerson
from storage.read.status import RosterCount, StageCount, Waiting
from tests.support.database import FreshDatabase

SQL = Path(__file__).parents[2] / "storage" / "sql"
COLUMNS: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("query_columns.json").read_text(encoding="utf-8")
)
# Queries whose rows become a model as they are, and the columns that are taken out first.
MODELS: dict[str, tuple[type[BaseModel], set[str]]] = {
    "organisation.read_posts": (Post, set()),
    "organisation.read_holdings": (Holding, set()),
    "organisation.read_mandates": (Mandate, set()),
    "organisation.read_absences": (Absence, set()),
    "organisation.read_undecided": (StoredCommand, {"outcome"}),
    "read.list_files": (ListedFile, set()),
    "read.list_people": (ListedPerson, set()),
    "read.what_waits": (Waiting, set()),
    "read.count_stages": (StageCount, set()),
    "read.count_roster": (RosterCount, set()),
    "read.read_attempts": (Attempt, set()),
}
TYPES: dict[str, tuple[type, ...]] = {
    "uuid": (UUID,),
    "text": (str,),
    "timestamptz": (datetime,),
    "date": (date,),
    "int4": (int,),
    "int8": (int,),
    "bool": (bool,),
}


def every_query() -> dict[str, Query]:
    return {f"{name}.{q}": query for name in NAMES for q, query in vars(queries(name)).items()}


def python_types(annotation: Any) -> set[type]:
    if get_origin(annotation) in (Union, UnionType):
        return set().union(*(python_types(a) for a in get_args(annotation)))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return {str}
    if annotation is AwareDatetime:
        return {datetime}
    return {annotation} if isinstance(annotation, type) else set()


@pytest.fixture
async def prepared(fresh_database: FreshDatabase) -> dict[str, list[tuple[str, str]]]:
    """Columns and types of every query; preparing is what checks names, types and syntax."""
    found = {}
    async with fresh_database.owner.acquire() as connection:
        for name, query in every_query().items():
            statement = await connection.prepare(query.sql)
            assert len(statement.get_parameters()) == len(query.parameters), name
            if query.method != "execute":
                found[name] = [(a.name, a.type.name) for a in statement.get_attributes()]
    return found


class TestQueries:
    async def test_each_gives_the_columns_its_reader_expects(self, prepared) -> None:
        assert len(prepared) > 50
        listed = {name: [c for c, _ in columns] for name, columns in prepared.items()}
        assert listed == COLUMNS

    async def test_rows_fit_the_models_they_are_read_into(self, prepared) -> None:
        for name, (model, taken_out) in MODELS.items():
            columns = dict(prepared[name])
            assert set(columns) - taken_out == set(model.model_fields), name
            for column, type_name in columns.items():
                if column in taken_out or type_name not in TYPES:
                    continue
                wanted = python_types(model.model_fields[column].annotation)
                if wanted:
                    assert wanted & set(TYPES[type_name]), f"{name}.{column}: {type_name}"

    def test_each_says_what_it_is_for(self) -> None:
        for name in NAMES:
            path = SQL / f"{name}.sql"
            lines = path.read_text(encoding="utf-8").splitlines()
            for number, line in enumerate(lines):
                if line.startswith("-- name:"):
                    assert lines[number + 1].startswith("-- "), f"{name}: {line}"
