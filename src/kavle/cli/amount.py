"""Amounts of credits on the command line."""

from __future__ import annotations

import click

from kavle.model.money import parse_money


class Credits(click.ParamType[int]):
    """An amount such as 98.50, as ten-thousandths of a credit."""

    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return parse_money(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class MoreCredits(Credits):
    """An amount to give: a balance only goes down by what is sent."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if str(value).startswith("-"):
            self.fail("a top-up is more than 0; `kavle account correct` takes credits back", param, ctx)
        amount = super().convert(value, param, ctx)
        if not amount:
            self.fail("a top-up of 0 changes nothing; give more than 0", param, ctx)
        return amount


class FewerCredits(Credits):
    """An amount to take back."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if str(value).startswith("-"):
            self.fail("say how much to take back, without a minus", param, ctx)
        amount = super().convert(value, param, ctx)
        if not amount:
            self.fail("a correction of 0 changes nothing; take back more than 0", param, ctx)
        return amount
