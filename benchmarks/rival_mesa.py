"""The plain rule with one Mesa agent per person; run with the interpreter of the rivals' own environment.

    python rival_mesa.py PERSONS.npz NIGHTS.npy SEED

Prints the CPU seconds of the simulation.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from time import process_time

import numpy as np
from mesa import Agent, Model


class Person(Agent):
    """Somebody at a place, or on a way."""

    def __init__(self, model, place):  # type: ignore[no-untyped-def]
        super().__init__(model)
        self.place, self.way, self.progress = place, -1, 0.0

    def decide(self):  # type: ignore[no-untyped-def]
        """Perhaps leave the place."""
        model = self.model
        if self.random.random() < model.chance[self.place]:
            low, high = model.way_start[self.place], model.way_start[self.place + 1]
            self.way = bisect_right(model.cumulative, self.random.random(), low, high - 1)
            self.progress = 0.0

    def step(self):  # type: ignore[no-untyped-def]
        """A day: decide, then travel as far as the day allows."""
        if self.way < 0:
            self.decide()
        model, used = self.model, 0.0
        while self.way >= 0:
            self.progress += model.speed
            used += model.speed
            over = self.progress - model.km[self.way]
            if over <= 0:
                return
            used -= over
            self.place, self.way = model.end[self.way], -1
            if used < model.speed:
                self.decide()


class Flight(Model):
    """Everybody, and what today is like."""

    def __init__(self, tables, seed):  # type: ignore[no-untyped-def]
        super().__init__(seed=seed)
        self.tables, self.speed = tables, float(tables["speed"])
        self.way_start, self.end, self.km = (tables[name].tolist() for name in ("way_start", "end", "km"))
        for place, count in enumerate(tables["present"].tolist()):
            for _ in range(count):
                Person(self, place)

    def day(self, number):  # type: ignore[no-untyped-def]
        """New people start, then everybody has a day; the people at each place in the night."""
        self.chance = self.tables["chance"][number].tolist()
        self.cumulative = self.tables["cumulative"][number].tolist()
        origin = self.tables["origin"][number].tolist()
        for _ in range(int(self.tables["due"][number])):
            Person(self, bisect_right(origin, self.random.random()))
        self.agents.do("step")
        settled = [person.place for person in self.agents if person.way < 0]
        return np.bincount(settled, minlength=len(self.chance))


def main(tables_path, nights_path, seed):  # type: ignore[no-untyped-def]
    """Run and write."""
    tables = dict(np.load(tables_path))
    began = process_time()
    model = Flight(tables, int(seed))
    nights = [model.day(number) for number in range(len(tables["due"]))]
    print(process_time() - began)
    np.save(nights_path, np.array(nights))


if __name__ == "__main__":
    main(*sys.argv[1:])
