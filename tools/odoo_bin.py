"""``odoo-bin``, which not every source of Odoo brings along."""

import odoo.cli

if __name__ == "__main__":
    odoo.cli.main()
