"""An organisation of six lines, and files made of it with something changed."""

from domain.organisation_table import COLUMNS

MAYOR, SEKDA, HR, HEAD, BOSS, STAFF = range(2, 8)  # the lines of BASE in its file
BASE = [
    "197001011995011001,Orang Satu,pejabat negara,Wali Kota,definitif,,Kota,,kepala daerah,,2020-01-02,",
    "197101011996011002,Orang Dua,PNS,Sekda,definitif,,Setda,Wali Kota,JPT pratama,sekda,2020-01-02,",
    "197201011997011003,Orang Tiga,PNS,Kaban,definitif,,BKPSDMD,Sekda,JPT pratama,hr,2020-01-02,",
    "197301011998011004,Orang Empat,PNS,Kadis,definitif,,Dinas,Sekda,JPT pratama,,2020-01-02,",
    "197401011999012005,Orang Lima,PNS,Kasubbag,definitif,,Dinas,Kadis,pengawas,,2020-01-02,",
    "198501012020212006,Orang Enam,PPPK,Staf,definitif,,Dinas,Kasubbag,pelaksana,,2020-01-02,",
]
HEADER = ",".join(COLUMNS)
NAMES = list(COLUMNS)


def file_of(lines: list[str]) -> str:
    return "\n".join([HEADER, *lines]) + "\n"


def changed(line: str, **cells: str) -> str:
    """The line with other cells; ``to_`` and ``from_`` stand for the columns to and from."""
    values = dict(zip(NAMES, line.split(","), strict=True))
    values.update({name.rstrip("_"): cell for name, cell in cells.items()})
    return ",".join(values.values())


def base_with(row: int, **cells: str) -> str:
    lines = list(BASE)
    lines[row - 2] = changed(lines[row - 2], **cells)
    return file_of(lines)


def base_and(*lines: str) -> str:
    return file_of([*BASE, *lines])


def line(row: int, **cells: str) -> str:
    return changed(BASE[row - 2], **cells)


# A Plt's cells.
PLT = {"capacity": "Plt", "decree": "SK 1"}
OTHER = "197601012001011007"
