"""The guides enterprises may read, in the order of the categories."""

from service_desk.store.base import db
from service_desk.store.guides import Guide, published, published_guide
from tests.world import World


def test_published_guides_stand_by_category_and_the_others_do_not_exist(world: World) -> None:
    power, loans = world.category("用电"), world.category("融资")
    draft = Guide(title="草稿", keywords=[], body="…", active=False)
    db.session.add_all(
        [
            Guide(title="没有类别的", keywords=[], body="…"),
            Guide(title="贷款", category=loans, keywords=["续贷"], body="…"),
            Guide(title="增容", category=power, keywords=[], body="…"),
            draft,
        ]
    )
    db.session.commit()
    assert [guide.title for guide in published()] == ["增容", "贷款", "没有类别的"]
    assert published_guide(draft.id) is None
