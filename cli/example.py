"""A valid, visibly synthetic example body for each act (``siklus act ACT --example``)."""

from pydantic import JsonValue

from schemas.code import Act

_REASON: JsonValue = {"reason": "Contoh: indikator r1 belum terukur."}

EXAMPLES: dict[Act, JsonValue] = {
    Act.SUBMIT_PLAN: {
        "results": [
            {
                "id": "r1",
                "result": "Contoh: laporan pelayanan bulanan tersusun",
                "indicator": "Jumlah laporan yang disetujui",
                "target": "1 laporan",
            }
        ]
    },
    Act.RETURN_PLAN: _REASON,
    Act.AGREE_PLAN: {},
    Act.REVISE_PLAN: {
        "results": [
            {
                "id": "r1",
                "result": "Contoh: laporan pelayanan bulanan tersusun",
                "indicator": "Jumlah laporan yang disetujui",
                "target": "2 laporan",
            }
        ],
        "cause": "assignment",
        "reason": "Contoh: penugasan baru sejak Juli.",
    },
    Act.SUBMIT_REPORT: {
        "results": [
            {
                "id": "r1",
                "realisation": "Contoh: 1 laporan disetujui",
                "evidence": "Nomor agenda 1/CONTOH",
            }
        ]
    },
    Act.RETURN_REPORT: {"reason": "Contoh: bukti dukung r1 belum ada."},
    Act.SCORE: {
        "work_result": "meets",
        "work_result_reason": "Contoh: target tercapai.",
        "behaviour": "above",
        "behaviour_reason": "Contoh: membantu rekan belajar.",
    },
    Act.GIVE_FEEDBACK: {
        "strengths": "Contoh: teliti.",
        "improvements": "Contoh: lebih awal melapor.",
        "agreed_actions": "Contoh: melapor setiap Jumat.",
    },
    Act.RESPOND_TO_FEEDBACK: {"response": "Contoh: saya setuju."},
    Act.RECORD_MEETING: {
        "held_on": "2026-04-13",
        "attendance": ["employee", "supervisor"],
        "minutes": "Contoh: hasil dibahas, tidak ada perubahan.",
    },
    Act.SIGN: {"distribution_reason": "Contoh: hasil tim memang merata, lihat notula."},
    Act.OBJECT: {"reasons": "Contoh: realisasi r1 sudah sesuai target."},
    Act.DECIDE_OBJECTION: {
        "outcome": "upheld",
        "reasons": "Contoh: bukti mendukung.",
        "work_result": "above",
        "behaviour": "above",
    },
    Act.NUDGE: {},
    Act.RECORD_INTERIM: {
        "note": "Contoh: target Maret tercapai sampai hari terakhir saya.",
        "work_result": "meets",
        "behaviour": "meets",
    },
    Act.WITHDRAW: {"cause": "wrong_file", "reason": "Contoh: berkas dibuka dua kali."},
    Act.RECORD_LATE: {
        "what": "Contoh: realisasi r1 diserahkan di atas kertas pada 4 Mei.",
        "reason": "Contoh: pegawai dirawat sampai 3 Mei, surat dokter terlampir.",
    },
}
