"""What the writer must know about the ground an outline stands on: missing samples, age, gaps, unanswered problems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag import fits, profiles
from rag.assemble.samples import Weight
from rag.assemble.slots import Slot
from rag.datatypes import OutlineNode, Request
from rag.functions import OPENING
from rag.tags import themes_in

FEW = 3
MOST_UNANSWERED = 5


def notes(
    request: Request, weights: Sequence[Weight], edges: Sequence[Slot], nodes: Sequence[OutlineNode]
) -> Iterator[str]:
    """Warnings and hints, most important first."""
    given = [weight.document.profile for weight in weights]
    authors = len({weight.author for weight in weights})
    if request.genre and all(profile.value("genre") != request.genre for profile in given):
        yield f"样本里没有“{request.genre}”，以下依据相近文种"
    if authors < FEW:
        yield f"可比样本只有 {authors} 位作者，支持数据仅供参考；补充样本后用 rag build 更新"
    lacking = [node.title for node in nodes if not node.support.of]
    if lacking:
        yield f"“{request.genre}”的样本太少，这些部分按该文种的通行结构列出，不来自样本：{'、'.join(lacking)}"
    if request.profile.systems and not any(set(request.profile.systems) & set(profile.systems) for profile in given):
        yield f"没有{'、'.join(request.profile.systems)}系统的样本，工作内容须按本单位实际填写"
    person = request.profile.value("person")
    if person and all(profile.value("person") not in (person, None) for profile in given):
        yield f"样本的人称与“{person}”不同，注意改换人称"
    newest = max((profile.year_number or 0 for profile in given), default=0)
    if request.year and newest and newest < request.year:
        yield f"最新的样本是 {newest} 年的；{request.year} 年的主题、对照方面和提法以当年通知为准"
    if all(weight.tier not in (fits.SAME_ROLE, fits.ROLE_FAMILY) for weight in weights):
        near = "、".join(profiles.kin_of(request.profile.family)[:2])
        yield "没有同岗位或同类岗位的样本" + (f"（相近的有：{near}）" if near else "")
    for slot in edges:
        name = "开头" if slot.function == OPENING else "结尾"
        where = "先交代依据、准备情况，再引出下文" if slot.function == OPENING else "表态收束，不再提新问题"
        yield f"{name}：{len(slot.authors)} 位作者有，约占 {slot.share:.0%}；{where}"
    unanswered = _unanswered(nodes)
    if unanswered and any(node.function == "整改" for node in nodes):
        yield f"这些问题在整改部分没有对应的措施：{'；'.join(unanswered[:MOST_UNANSWERED])}"
    if not any(node.function == "整改" for node in nodes) and any(node.function == "问题" for node in nodes):
        yield "样本多不单列整改措施；每个问题后要写明怎么改"


def of_genre(request: Request, weights: Sequence[Weight]) -> int:
    """How many authors the samples of the 文种 asked for have."""
    return len({w.author for w in weights if w.document.profile.value("genre") == request.genre})


def _unanswered(nodes: Sequence[OutlineNode]) -> list[str]:
    """Problems whose themes no remedy shares; a problem of no known theme is not judged."""
    remedies = {theme for text in _texts(nodes, "整改") for theme in themes_in(text)}
    return [text for text in _texts(nodes, "问题") if (own := set(themes_in(text))) and not own & remedies]


def _texts(nodes: Sequence[OutlineNode], function: str) -> Iterator[str]:
    for node in nodes:
        if node.function == function:
            yield from (point.text for point in node.points if point.kind == "point")
            yield from _texts(node.children, function)
