"""What simulated people write: complete bodies in Bahasa, visibly synthetic."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random

from pydantic import JsonValue

from schemas.code import Act, Rating

MARK = "[Simulasi]"

_WORK = (
    "laporan kegiatan tersusun",
    "berkas layanan selesai diperiksa",
    "data kepegawaian termutakhirkan",
    "kunjungan lapangan terlaksana",
    "surat masuk ditindaklanjuti",
)
_RATINGS = (Rating.MEETS, Rating.ABOVE, Rating.BELOW)
_RATING_WEIGHTS = (80, 15, 5)


@dataclass(frozen=True, slots=True)
class Matter:
    """What a body is about: the planned results, the ratings given so far, and the day."""

    planned: tuple[str, ...]
    work_result: Rating | None
    behaviour: Rating | None
    on: date


def body(act: Act, matter: Matter, chance: Random) -> JsonValue:
    """The body of an act, complete and in order."""
    return _BODIES[act](matter, chance) if act in _BODIES else {}


def _results(matter: Matter, chance: Random) -> JsonValue:
    return {"results": _plan(chance)}


def _plan(chance: Random) -> JsonValue:
    return [
        {
            "id": f"r{n}",
            "result": f"{MARK} Hasil {n}: {chance.choice(_WORK)}",
            "indicator": f"{MARK} jumlah yang selesai",
            "target": f"{chance.randint(2, 20)} dokumen",
        }
        for n in range(1, chance.randint(2, 4) + 1)
    ]


def _revision(matter: Matter, chance: Random) -> JsonValue:
    reason = f"{MARK} anggaran berubah di tengah tahun"
    return {"results": _plan(chance), "cause": "budget", "reason": reason}


def _realisations(matter: Matter, chance: Random) -> JsonValue:
    return {
        "results": [
            {
                "id": result,
                "realisation": f"{MARK} {chance.choice(_WORK)}",
                "evidence": f"{MARK} tautan bukti dukung {result}",
            }
            for result in matter.planned or ("r1",)
        ]
    }


def _rating(chance: Random) -> Rating:
    return chance.choices(_RATINGS, _RATING_WEIGHTS)[0]


def _score(matter: Matter, chance: Random) -> JsonValue:
    return {
        "work_result": _rating(chance),
        "work_result_reason": f"{MARK} realisasi dibandingkan dengan target",
        "behaviour": _rating(chance),
        "behaviour_reason": f"{MARK} perilaku kerja diamati selama sebulan",
    }


def _feedback(matter: Matter, chance: Random) -> JsonValue:
    return {
        "strengths": f"{MARK} pekerjaan rapi dan tepat waktu",
        "improvements": f"{MARK} bukti dukung dapat dilengkapi",
        "agreed_actions": f"{MARK} pendampingan bulan depan",
    }


def _meeting(matter: Matter, chance: Random) -> JsonValue:
    return {
        "held_on": matter.on.isoformat(),
        "attendance": ["employee", "supervisor"],
        "minutes": f"{MARK} dialog kinerja: hasil dan tindak lanjut dibahas",
    }


def _ruling(matter: Matter, chance: Random) -> JsonValue:
    reasons = f"{MARK} bukti dan penjelasan kedua pihak telah diperiksa"
    if chance.random() < 0.5:
        return {"outcome": "rejected", "reasons": reasons}
    better = Rating.MEETS if matter.work_result is Rating.ABOVE else Rating.ABOVE
    return {
        "outcome": "upheld",
        "reasons": reasons,
        "work_result": better,
        "behaviour": matter.behaviour or Rating.MEETS,
    }


def _text(field: str, text: str) -> Callable[[Matter, Random], JsonValue]:
    return lambda _matter, _chance: {field: f"{MARK} {text}"}


_BODIES: Mapping[Act, Callable[[Matter, Random], JsonValue]] = {
    Act.SUBMIT_PLAN: _results,
    Act.RETURN_PLAN: _text("reason", "target belum terukur, mohon diperbaiki"),
    Act.REVISE_PLAN: _revision,
    Act.SUBMIT_REPORT: _realisations,
    Act.RETURN_REPORT: _text("reason", "bukti dukung belum lengkap, mohon dilengkapi"),
    Act.SCORE: _score,
    Act.GIVE_FEEDBACK: _feedback,
    Act.RESPOND_TO_FEEDBACK: _text("response", "terima kasih, akan saya tindak lanjuti"),
    Act.RECORD_MEETING: _meeting,
    Act.RECORD_LATE: lambda _matter, _chance: {
        "what": f"{MARK} realisasi menyusul di atas kertas",
        "reason": f"{MARK} pegawai sakit sampai akhir bulan",
    },
    Act.RECORD_INTERIM: _text("note", "kinerja baik selama masa saya, mohon diteruskan"),
    Act.OBJECT: _text("reasons", "penilaian belum memperhitungkan tugas tambahan"),
    Act.DECIDE_OBJECTION: _ruling,
}
