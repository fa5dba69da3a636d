"""Ordinary office text, for speed: plain words with something personal now and then. Made up, the same each time."""

from faker import Faker

SEED = 20261122


def text(characters: int) -> str:
    """About so many characters."""
    fake = Faker("en_US")
    fake.seed_instance(SEED)
    personal = (
        fake.name,
        fake.address,
        fake.phone_number,
        fake.email,
        fake.date,
        fake.city,
        fake.credit_card_number,
        fake.url,
        fake.iban,
    )
    parts: list[str] = []
    size = 0
    while size < characters:
        sentence = fake.sentence(14)
        # One sentence of nine carries something: denser than mail and documents are.
        if len(parts) % 9 == 0:
            sentence = f"{sentence[:-1]} {personal[len(parts) // 9 % len(personal)]()}."
        elif len(parts) % 9 == 4:
            sentence = f"{sentence[:-1]}, see item {fake.random_int(1, 999)} of {fake.random_int(1990, 2030)}."
        parts.append(sentence)
        size += len(sentence) + 1
    return " ".join(parts)[:characters]
