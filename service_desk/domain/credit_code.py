"""The unified social credit code of an enterprise (统一社会信用代码, GB 32100-2015)."""

import re
import unicodedata

from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import say

LENGTH = 18
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

NAME = "统一社会信用代码"


def normalise(text: str) -> str:
    """Half-width, upper case, without spaces or invisible signs: as ``check`` and the database want it."""
    return re.sub(r"[\s\u200b-\u200f\u2060\ufeff]", "", unicodedata.normalize("NFKC", text)).upper()


def check(code: str) -> None:
    """Raise ``Invalid`` with a sentence on what is wrong with a normalised code; return if it is right."""
    sentence = _fault(code)
    if sentence is not None:
        raise Invalid(sentence)


def is_valid(code: str) -> bool:
    """Whether ``check`` would let it pass."""
    return _fault(code) is None


def _fault(code: str) -> str | None:
    """The first thing wrong, in the order in which a person would look for it."""
    if not code:
        return say("请填写统一社会信用代码")
    if len(code) != LENGTH:
        return say("统一社会信用代码应为 %(length)s 位，现为 %(given)s 位", length=LENGTH, given=len(code))
    return _foreign_sign(code) or _wrong_sum(code)


def _foreign_sign(code: str) -> str | None:
    for place, sign in enumerate(code, 1):
        if sign in "IOZSV":
            return say(
                "统一社会信用代码不使用字母 I、O、Z、S、V（第 %(place)s 位是“%(sign)s”），请核对是否与数字混淆",
                place=place,
                sign=sign,
            )
        if sign not in ALPHABET:
            return say(
                "统一社会信用代码只含数字和大写字母，第 %(place)s 位是“%(sign)s”", place=place, sign=sign
            )
    if not code[2:8].isdigit():
        return say("统一社会信用代码第 3 至 8 位是登记机关的行政区划码，应为数字")
    return None


def _wrong_sum(code: str) -> str | None:
    if code[16] != organisation_check_sign(code[8:16]):
        return say("统一社会信用代码中的组织机构代码（第 9 至 17 位）校验不符，请核对是否录错")
    if code[17] != check_sign(code[:17]):
        return say("统一社会信用代码第 18 位校验码不符，请核对是否录错")
    return None


def check_sign(head: str) -> str:
    """The 18th sign that belongs to the first 17 (GB 32100-2015, 5.2): weights are powers of 3 modulo 31."""
    total = sum(ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(head))
    return ALPHABET[-total % 31]


def organisation_check_sign(body: str) -> str:
    """The 9th sign that belongs to 8 of an organisation code (GB 11714-1997); letters are 10 to 35."""
    total = sum(int(sign, 36) * weight for sign, weight in zip(body, ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]
