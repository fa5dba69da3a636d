"""What does somebody read first who opens an export and knows nothing of this software?"""

from typing import Final

README: Final = """Your recordings, and what is on record about them
==================================================

This folder was made on {made_at} for {person_id} by aboveboard {version}.
Everything in it was sealed until now. IT IS NO LONGER: whoever can read this folder can see and read what you did.
Keep it where you would keep your diary, and delete it when you do not need it any more.

What is here
------------
recordings/          one folder for each recording, named by when it began (UTC)
  film.mkv           the screen as a film, with what you did as subtitles: any video player shows it
  events.jsonl       what you did, one event a line (JSON), each with its time
  000000.mcap ...    the recording itself, a few seconds a file, all that your machine sealed.
                     MCAP is an open format (https://mcap.dev); events are JSON in it, the screen is protobuf,
                     and each file carries its schemas
  segments.jsonl     one line for each of these files: when, on which machine, under which consent, its digests when
                     it was sealed
consents/            what you signed (.json), the same for other software (.jsonld, W3C DPV) and the words that you
                     read (.txt)
who-opened/          who opened your recordings, when, why and who approved: openings.html to read, openings.json as
                     proof; how-to-check.txt says how somebody else can check it
about-you/           what the vault has on record about you, as JSON: what was made from your recordings, your pauses,
                     concerns, notices and erasures. Where something was signed, "reads" says what the signed text is
manifest.json        how many recordings and files there are, and which could not be opened ("left_out"), with why
SHA256SUMS           a digest of every file. To check that nothing was changed or lost:  sha256sum -c SHA256SUMS

If a file NOT-COMPLETE.txt lies here, this export was cut off: the command that made it goes on where it stopped.

What is not here: your keys, which stay where they were; and what other people hold, such as a model that was trained
on many people's recordings (about-you/what-was-made-from-it.json names each).
"""
