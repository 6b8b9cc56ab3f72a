"""The command line of the benchmark: one part a subcommand, all of them without one."""

import typer

from benchmarks.signs import brain, cord, motor_band

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command("brain")(brain.main)
app.command("motor_band")(motor_band.main)
app.command("cord")(cord.main)


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Run every part, or the one that is named."""
    if context.invoked_subcommand is None:
        brain.main()
        motor_band.main()
        cord.main()
