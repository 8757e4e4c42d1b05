"""The ``siklus`` command."""

import typer

from cli import act, check, demo, org, period, up

app = typer.Typer(
    name="siklus",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Run the performance-evaluation cycles of a city's civil servants (ASN).",
)
app.command("up")(up.up)
app.command("demo")(demo.demo)
app.command("act")(act.act)
app.command("check")(check.check)
app.add_typer(org.app, name="org")
app.add_typer(period.app, name="period")


def main() -> None:
    """Entry point of the installed command."""
    app()


if __name__ == "__main__":
    main()
