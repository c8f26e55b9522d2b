"""A provider that sells."""

from dataclasses import dataclass, field
from datetime import timedelta

from dev.day import today

from .people import make_cpf
from .provider import TOKEN, eventually

#: what the SVA product costs a month
PRICE = 14.9


@dataclass
class Person:
    """Somebody to be found.

    :param phone: eleven digits, as one says them
    """

    name: str
    phone: str
    cpf: str = field(default_factory=make_cpf)

    @property
    def dotted(self) -> str:
        """The CPF as it stands on a card."""
        cpf = self.cpf
        return f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}"

    @property
    def phones(self) -> list[str]:
        """The phone as different people write it."""
        area, first, last = self.phone[:2], self.phone[2:7], self.phone[7:]
        return [
            f"({area}) {first}-{last}",
            f"{area} {first}-{last}",
            f"+55 {area} {first} {last}",
            f"+55{self.phone}",
            self.phone,
            f"{first}-{last}",
        ]


def contract_values(name: str, customer: int, *lines: dict) -> dict:
    """The values of a contract.

    :param name: the customer's
    """
    return {
        "name": f"Contrato de {name}",
        "partner_id": customer,
        "line_recurrence": True,
        "contract_line_ids": [(0, 0, line) for line in lines],
    }


class Shop:
    """A provider that sells, invoices and duns, worked on by its administrator."""

    def __init__(self, provider):
        self.provider = provider
        odoo = provider.login("admin")
        self.env = odoo.env
        self.company, _name = self.read("res.users", self.env.uid, "company_id")
        self.env["res.company"].write(
            [self.company],
            {
                "contract_notice_after_days": 1,
                "contract_block_after_notice_days": 15,
                "contract_cancel_after_block_days": 60,
                # the tests run on every day of the week
                "contract_spare_days_off": False,
            },
        )
        self.integration = integration = self.env["sva.integration"].create(
            {"name": "Saber+", "base_url": provider.platform.url, "token": TOKEN}
        )
        self.env["sva.integration"].action_fetch_packages([integration])
        [package] = self.env["sva.package"].search(
            [("code", "=", "SABER-LIVROS"), ("integration_id", "=", integration)]
        )
        product = self.env["product.template"].create(
            {
                "name": "Saber+ Livros",
                "type": "service",
                "list_price": PRICE,
                "sva_integration_id": integration,
                "sva_package_id": package,
            }
        )
        [self.product] = self.env["product.product"].search(
            [("product_tmpl_id", "=", product)]
        )

    def contract(self, name: str, cpf: str, phone: str = "(11) 98765-4321") -> int:
        """A contract with an SVA user that is active on the platform."""
        contract = self.contract_without_user(name, cpf, phone)
        self.env["sva.user"].create({"contract_id": contract})
        self.provider.platform.wait_for(cpf, "active")
        return contract

    def sync_state(self, user: int) -> str:
        return self.read("sva.user", user, "sync_state")

    def read(self, model: str, record: int, name: str):
        """One field; an attribute of a record of OdooRPC has all of them read."""
        [values] = self.env[model].read([record], [name])
        return values[name]

    def customer(self, name: str, cpf: str, phone: str = "(11) 98765-4321") -> int:
        return self.env["res.partner"].create(
            {"name": name, "vat": cpf, "phone": phone}
        )

    def contract_without_user(
        self, name: str, cpf: str, phone: str = "(11) 98765-4321"
    ) -> int:
        """A contract that sells SVA, of a customer of its own."""
        [contract] = self.sell([{"name": name, "vat": cpf, "phone": phone}])
        return contract

    def sell(self, customers: list[dict], **values) -> list[int]:
        """Contracts that sell SVA, one for each customer, all made in one call.

        :param customers: their values
        :param values: of the contracts
        """
        partners = self.env["res.partner"].create(customers)
        return self.env["contract.contract"].create(
            [
                {
                    **contract_values(customer["name"], partner, self.line()),
                    **values,
                }
                for customer, partner in zip(customers, partners, strict=True)
            ]
        )

    def line(self, **values) -> dict:
        """The values of a contract line that sells SVA."""
        return {
            "product_id": self.product,
            "name": "Saber+ Livros",
            "date_start": "2026-01-01",
            "recurring_next_date": "2099-01-01",
            "price_unit": 100,
            **values,
        }

    def invoice(self, contract: int, days_overdue: int) -> int:
        """A posted invoice of a contract, due some days ago."""
        [line, *_others] = self.read("contract.contract", contract, "contract_line_ids")
        customer, _name = self.read("contract.contract", contract, "partner_id")
        due = (today() - timedelta(days=days_overdue)).isoformat()
        invoiced = {
            "product_id": self.product,
            "contract_line_id": line,
            "price_unit": 100,
            "tax_ids": [],
        }
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": customer,
                "invoice_date": due,
                "invoice_date_due": due,
                "invoice_line_ids": [(0, 0, invoiced)],
            }
        )
        self.env["account.move"].action_post([invoice])
        return invoice

    def record_notice(self, contract: int, days_ago: int) -> None:
        """The customer was told of what is open, by letter, some days ago."""
        day = (today() - timedelta(days=days_ago)).isoformat()
        wizards = self.env["contract.notice.record"]
        values = {"contract_id": contract, "delivered_on": day, "text": "Carta"}
        wizards.action_confirm([wizards.create(values)])

    def daily_action(self) -> None:
        self.env.ref("contract_access.cron_contract_lifecycle").method_direct_trigger()

    def access(self, contract: int) -> str:
        return self.read("contract.contract", contract, "access_status")

    def refuse(self, operation: str) -> None:
        """Have the platform refuse the next call of an operation."""
        self.provider.platform.fault(operation, "status", status=422)


class Town(Shop):
    """A provider with somebody on every screen, and contracts in every state."""

    #: has a contract with an SVA user
    resident = Person("Zuleica Conceição", "11912340001")
    #: whose name leaves no room for anything else
    longest = Person(
        "Maria das Graças de Albuquerque Vasconcelos Montenegro e Silva", "11912340004"
    )
    #: is on the platform and has no contract
    stranger = Person("Ximena Prado", "11912340002")
    #: was deleted here, and the platform refuses to delete her
    former = Person("Wanda Teles", "11912340003")

    def __init__(self, provider):
        super().__init__(provider)
        self.sold = self._sell(self.resident)
        self._sell(self.longest)
        self._fill()
        self._leave_a_removal()
        self._leave_a_divergence()

    def _sell(self, person: Person) -> int:
        return self.contract(person.name, person.cpf, person.phone)

    def _fill(self) -> None:
        contracts = self.env["contract.contract"]
        overdue, blocked = (
            self.contract("Olga", make_cpf()),
            self.contract("Bruno", make_cpf()),
        )
        self.invoice(overdue, 5)
        self.invoice(blocked, 20)
        self.record_notice(blocked, 15)
        self.daily_action()
        contracts.action_block([self.contract("Mara", make_cpf())])
        contracts.action_withdraw([self.contract("Davi", make_cpf())])
        contracts.action_blacklist([self.contract("Nilo", make_cpf())])
        self.contract_without_user("Rita", make_cpf())
        refused = self.contract_without_user("Raul", make_cpf())
        self.refuse("createUser")
        user = self.env["sva.user"].create({"contract_id": refused})
        eventually(lambda: self.sync_state(user) == "failed")

    def _leave_a_removal(self) -> None:
        self._sell(self.former)
        users = self.env["sva.user"]
        self.refuse("deleteUser")
        users.unlink(users.search([("cpf_cnpj", "=", self.former.cpf)]))
        removals = self.env["sva.user.removal"]
        eventually(lambda: removals.search([("sync_state", "=", "failed")]))

    def _leave_a_divergence(self) -> None:
        self.provider.platform.add_user(
            cpf=self.stranger.cpf,
            name=self.stranger.name,
            username="ximena",
            phone=f"+55{self.stranger.phone}",
            package_code="SABER-LIVROS",
        )
        self.env["sva.integration"].action_reconcile([self.integration])
        eventually(lambda: self.env["sva.divergence"].search([]))
