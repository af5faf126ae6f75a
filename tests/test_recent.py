"""What was used lately stays, within its bounds."""

from qa.recent import Recent


class Maker:
    """Makes strings as long as their number, and remembers which."""

    def __init__(self) -> None:
        self.made: list[int] = []

    def __call__(self, numbers: list[int]) -> list[str]:
        self.made += numbers
        return ["x" * number for number in numbers]


def test_what_is_kept_is_not_made_again() -> None:
    recent, make = Recent[str](10, len), Maker()
    assert recent.get([3, 2, 3], make) == ["xxx", "xx", "xxx"]
    assert recent.get([2, 4], make) == ["xx", "xxxx"]
    assert make.made == [3, 2, 4]


def test_what_was_not_asked_for_the_longest_makes_room() -> None:
    recent, make = Recent[str](10, len), Maker()
    recent.get([5], make)
    recent.get([4], make)
    recent.get([5], make)  # now 4 is the oldest
    recent.get([3], make)  # 5 + 4 + 3 is more than 10
    assert make.made == [5, 4, 3]
    recent.get([5, 3], make)
    assert make.made == [5, 4, 3]
    recent.get([4], make)
    assert make.made == [5, 4, 3, 4]


def test_more_than_there_is_room_for_is_given_and_not_kept() -> None:
    recent, make = Recent[str](10, len), Maker()
    assert recent.get([6, 7, 11], make) == ["x" * 6, "x" * 7, "x" * 11]
    assert len(recent) == 0
    recent.get([6], make)
    assert len(recent) == 1
