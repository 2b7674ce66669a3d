"""What waits for a department is told from its assignments' index alone, and from that of its clocks"""

from alembic import op
from sqlalchemy import text

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

RUNS = text("state IN ('running', 'paused')")
OF_ASSIGNMENTS = "ix_assignments_department_id_ticket_id"


def upgrade() -> None:
    op.drop_index(OF_ASSIGNMENTS, "assignments")
    op.create_index(OF_ASSIGNMENTS, "assignments", ["department_id", "ticket_id", "state", "role"])
    op.drop_index("ix_clocks_department_id", "clocks")
    columns = ["department_id", "state", "kind"]
    op.create_index("ix_clocks_department_id_state", "clocks", columns, postgresql_where=RUNS)


def downgrade() -> None:
    op.drop_index("ix_clocks_department_id_state", "clocks")
    op.create_index("ix_clocks_department_id", "clocks", ["department_id"])
    op.drop_index(OF_ASSIGNMENTS, "assignments")
    op.create_index(OF_ASSIGNMENTS, "assignments", ["department_id", "ticket_id"])
