/*
 * May this be recorded, and may it be taken in? A model of permission.md for Spin; scripts/check_model runs it.
 *
 * One person with one device, a vault of two replicas over one record, and a network that delays, loses, repeats and
 * reorders. A moment is a number; every step of every process may come before or after every other. A segment is from
 * moment to moment, under one or two leases.
 *
 * Without a switch the recorder is honest. MODIFIED: it has the device's key, reads its clock, and keeps no rule.
 * BACKUP: the vault may be restored from an older copy of its record. WITHOUT_… takes one rule away, and must be found.
 * REACHED: taking something in must be found, so that the rest says anything at all.
 */

#ifndef LAST
#define LAST 6    /* the last moment */
#endif
#ifndef LENGTH
#define LENGTH 3  /* of a lease */
#endif
#define NONE 31   /* a moment that never comes */
#ifndef REPLICAS
#define REPLICAS 2
#endif
#ifndef ROOM
#define ROOM 1    /* for messages on their way, in each direction */
#endif
#ifndef TRICKS
#define TRICKS 1  /* how often the network loses, repeats or reorders */
#endif

typedef Lease { byte boot = NONE; byte server; byte epoch }

byte now = 0;
bool sealed = false, done = false;   /* the segment; it was taken in or dropped: each run follows one */

/* What is true, for the invariants only. */
byte paused_at = NONE, resumed_at = NONE, superseded_at = NONE, withdrawn_at = NONE;
bool told_pause = false, told_end = false;      /* what the device was told of while it lasted */
#define PAUSED(t) (paused_at <= t && t < resumed_at)
#define ENDED(t) (superseded_at <= t || withdrawn_at <= t)

/* What the vault has on record; its replicas share it. */
byte r_paused_at = NONE, r_resumed_at = NONE, r_superseded_at = NONE;
bool r_withdrawn = false;

#define LONG_STOPPED(t) ((paused_at + LENGTH <= t && t < resumed_at) || superseded_at + LENGTH <= t || \
                         withdrawn_at + LENGTH <= t)
#define EPOCH (r_paused_at == NONE -> 0 : (r_resumed_at == NONE -> r_paused_at + 1 : r_resumed_at + 2))
#define LIVE(l, b) (l.boot <= b && b < l.boot + LENGTH)
#define COVER(a, b, from, to) ((LIVE(a, from) && LIVE(a, to)) || (LIVE(b, from) && LIVE(b, to)) || \
                               (LIVE(a, from) && LIVE(b, to) && b.boot <= a.boot + LENGTH))
#define TIE(l) (l.server - l.boot)
#define LEAST(a, b) (TIE(a) < TIE(b) -> TIE(a) : TIE(b))
#define MOST(a, b) (TIE(a) > TIE(b) -> TIE(a) : TIE(b))

chan asked = [ROOM] of { byte };                     /* the boot clock: also what tells one request from another */
chan answered = [ROOM] of { byte, byte, byte, byte } /* what, boot clock, server's time, epoch */
#define GRANTED 1
#define REFUSED_PAUSED 2
#define REFUSED_WITHDRAWN 3
#define REFUSED_SUPERSEDED 4

/* ---- The vault ---- */

#ifdef WITHOUT_PAUSES_AT_ISSUE
#define PAUSE_LETS_ISSUE true
#else
#define PAUSE_LETS_ISSUE (r_paused_at == NONE || r_resumed_at <= server)
#endif
#ifdef WITHOUT_CONSENT_AT_ISSUE
#define CONSENT_LETS_ISSUE true
#else
#define CONSENT_LETS_ISSUE (!r_withdrawn)
#endif
#ifdef WITHOUT_DISCLOSURE_AT_ISSUE
#define DISCLOSURE_LETS_ISSUE true
#else
#define DISCLOSURE_LETS_ISSUE (r_superseded_at == NONE)
#endif

active [REPLICAS] proctype Replica() provided (!done && !sealed) {
    byte boot, server;
    end: do
    :: asked?boot -> server = now;  /* the clock is read first, then the record, and it is signed */
       atomic {
           answered!(!DISCLOSURE_LETS_ISSUE -> REFUSED_SUPERSEDED :
                    (!CONSENT_LETS_ISSUE -> REFUSED_WITHDRAWN :
                    (!PAUSE_LETS_ISSUE -> REFUSED_PAUSED : GRANTED))), boot, server, EPOCH;
           boot = 0; server = 0
       }
    od
}

/* Intake is one transaction, so it is one step, whichever replica does it. first, last: of the segment, boot clock. */
#ifdef WITHOUT_CONSENT_AT_INTAKE
#define CONSENT_LETS_IN true
#else
#define CONSENT_LETS_IN (!r_withdrawn)
#endif
#ifdef WITHOUT_COVER
#define LEASES_LET_IN true
#else
#define LEASES_LET_IN COVER(one, two, first, last)
#endif
#ifdef WITHOUT_EPOCHS
#define EPOCHS_LET_IN true
#else
#define EPOCHS_LET_IN (one.epoch == two.epoch)
#endif
#ifdef WITHOUT_PAUSES_AT_INTAKE
#define PAUSES_LET_IN true
#else
#define PAUSES_LET_IN !(r_paused_at <= last + MOST(one, two) && first + LEAST(one, two) < r_resumed_at)
#endif
#ifdef WITHOUT_DISCLOSURE_AT_INTAKE
#define DISCLOSURE_LETS_IN true
#else
#define DISCLOSURE_LETS_IN (last + MOST(one, two) < r_superseded_at)
#endif
#define TAKEN_IN (CONSENT_LETS_IN && LEASES_LET_IN && EPOCHS_LET_IN && PAUSES_LET_IN && DISCLOSURE_LETS_IN)

/* ---- The network: what was asked and answered may be lost, or repeated after what came later ---- */

typedef Message { byte what, boot, server, epoch };

active proctype Network() provided (!done && !sealed) {
    Message repeated;   /* a copy that comes later */
    byte what, boot, server, epoch, tricks = TRICKS;
    end: do
    :: atomic { tricks > 0 && nempty(asked) -> asked?boot; tricks--; boot = 0 }
    :: atomic { tricks > 0 && nempty(answered) -> answered?what, boot, server, epoch; tricks--;
                if
                :: repeated.what == 0 -> repeated.what = what; repeated.boot = boot; repeated.server = server;
                                         repeated.epoch = epoch; answered!what, boot, server, epoch
                :: true   /* lost */
                fi;
                what = 0; boot = 0; server = 0; epoch = 0 }
    :: atomic { repeated.what != 0 && nfull(answered) ->
                answered!repeated.what, repeated.boot, repeated.server, repeated.epoch;
                repeated.what = 0; repeated.boot = 0; repeated.server = 0; repeated.epoch = 0 }
    od
}

/* ---- People and time ---- */

active proctype Time() provided (!done) {
    end: do :: d_step { now < LAST -> now++ } od
}

active proctype People() provided (!done) {
#ifdef BACKUP
    byte k_paused_at = NONE, k_resumed_at = NONE, k_superseded_at = NONE; bool k_withdrawn = false;
    bool restored = false;
#endif
    /* What is done begins a moment of its own: nothing else of that moment came before it. */
    end: do
    :: d_step { now < LAST && paused_at == NONE -> now++; paused_at = now; r_paused_at = now }
    :: d_step { now < LAST && paused_at != NONE && resumed_at == NONE && r_paused_at == paused_at ->
                now++; resumed_at = now; r_resumed_at = now }
#ifndef BACKUP
    :: d_step { now < LAST && superseded_at == NONE -> now++; superseded_at = now; r_superseded_at = now }
#endif
    :: d_step { now < LAST && withdrawn_at == NONE -> now++; withdrawn_at = now; r_withdrawn = true }
#ifdef BACKUP
    :: d_step { !restored -> restored = true; r_paused_at = k_paused_at; r_resumed_at = k_resumed_at;
                r_withdrawn = k_withdrawn }
    :: d_step { !restored -> k_paused_at = r_paused_at; k_resumed_at = r_resumed_at; k_withdrawn = r_withdrawn }
#endif
    od
}

/* ---- The device ---- */

#ifdef WITHOUT_BOOT_CLOCK
byte slept = 0;             /* a clock that stands still while the machine sleeps */
active proctype Lid() provided (!done) { end: do :: d_step { now < LAST -> now++; slept++ } od }
#define BOOT(t) (t - slept)
#else
#define BOOT(t) t
#endif

#ifdef MODIFIED
#define PERMITTED(b) true
#define BELIEVED true
#define HOLDS(from, to) true
#else
#ifdef WITHOUT_SINCE
#define SINCE(b) true
#else
#define SINCE(b) (since <= b)
#endif
#ifdef WITHOUT_EXPIRY
#define PERMITTED(b) (newer.boot <= b && SINCE(b))
#define HOLDS(from, to) true
#else
#define PERMITTED(b) ((LIVE(newer, b) || LIVE(older, b)) && SINCE(b))
#define HOLDS(from, to) COVER(older, newer, from, to)
#endif
#ifdef WITHOUT_ANSWERS
#define ANSWERS true
#else
#define ANSWERS (boot == asking)
#endif
#if defined(WITHOUT_KNOWN_EPOCH) || !defined(BACKUP) || defined(MODIFIED)
#define KNOWN true  /* where nothing is ever forgotten, it is never needed: fewer states */
#else
#define KNOWING
#define KNOWN (epoch >= known && !(known_pause && epoch == known) && !ended)
#endif
#define BELIEVED (ANSWERS && KNOWN)
#endif
#ifdef KNOWING
#define NOTE(variable, value) variable = value
#else
#define NOTE(variable, value) skip
#endif

active proctype Device() provided (!done) {
    Lease older, newer, one, two;
    byte since = 0, asking = NONE, known = 0, boot, server, epoch, first, last, happened;
#ifdef MODIFIED
#define SET_T(from, to) skip
#else
#define SET_T(from, to) t_first = from; t_last = to
    byte t_first, t_last;   /* the true moments of what is open or sealed, for the invariants only */
#endif
    byte what; bool open = false, known_pause = false, ended = false;

    end: do
    :: atomic { !sealed && nfull(asked) -> asking = BOOT(now); asked!asking }

    :: atomic { !sealed && nempty(answered) -> answered?what, boot, server, epoch;
        if
        :: what == GRANTED && BELIEVED ->
#ifndef MODIFIED
            if
            :: newer.boot != NONE && newer.epoch != epoch -> newer.boot = NONE; done = open
            :: else
            fi;
#endif
            if
            :: newer.boot == NONE -> older.boot = NONE; older.server = 0; older.epoch = 0; since = BOOT(now)
            :: else -> older.boot = newer.boot; older.server = newer.server; older.epoch = newer.epoch
            fi;
            newer.boot = boot; newer.server = server; newer.epoch = epoch;
            NOTE(known, epoch); NOTE(known_pause, false); asking = NONE
        :: what > GRANTED && boot == asking ->
            if
            :: what == REFUSED_PAUSED -> NOTE(known_pause, true); if :: PAUSED(now) -> told_pause = true :: else fi
            :: what == REFUSED_WITHDRAWN -> NOTE(ended, true); told_end = true
            :: else -> told_end = true
            fi;
#if !defined(WITHOUT_END) && !defined(MODIFIED)
            older.boot = NONE; newer.boot = NONE; done = open;
#endif
            asking = NONE
        :: else
        fi;
        what = 0; boot = 0; server = 0; epoch = 0 }

    /* something happened just now, or a moment ago and is told now */
    :: atomic { !sealed ->
        if :: happened = now :: now > 0 -> happened = now - 1 fi;
        if
        :: PERMITTED(BOOT(happened)) && PERMITTED(BOOT(now)) ->
#ifndef MODIFIED
            assert(!(told_pause && PAUSED(now)) && !told_end);       /* B: told, it records nothing */
#endif
#if !defined(MODIFIED) && !defined(BACKUP)
            assert(!LONG_STOPPED(happened));                         /* C: nor untold, for longer than a lease */
#endif
            if
            :: !open -> open = true; first = BOOT(happened); last = first; SET_T(happened, happened)
            :: open && BOOT(happened) >= last && HOLDS(first, BOOT(happened)) -> last = BOOT(happened); SET_T(t_first, happened)
            :: else
            fi
        :: else
        fi;
        happened = 0 }

    :: atomic { open && !sealed && newer.boot != NONE ->
        if  /* by which leases it says that it is covered */
#ifdef MODIFIED
        :: older.boot != NONE ->
            one.boot = older.boot; one.server = older.server; one.epoch = older.epoch;
            two.boot = newer.boot; two.server = newer.server; two.epoch = newer.epoch
        :: older.boot != NONE ->
            one.boot = older.boot; one.server = older.server; one.epoch = older.epoch;
            two.boot = older.boot; two.server = older.server; two.epoch = older.epoch
#else
        :: older.boot != NONE && !(LIVE(newer, first) && LIVE(newer, last)) ->
            one.boot = older.boot; one.server = older.server; one.epoch = older.epoch;
            two.boot = newer.boot; two.server = newer.server; two.epoch = newer.epoch
#endif
        :: one.boot = newer.boot; one.server = newer.server; one.epoch = newer.epoch;
           two.boot = newer.boot; two.server = newer.server; two.epoch = newer.epoch
        fi;
        /* nothing else of the device counts from here on: fewer states */
        if :: nempty(asked) -> asked?_ :: empty(asked) fi;
        if :: nempty(answered) -> answered?_, _, _, _ :: empty(answered) fi;
        older.boot = NONE; older.server = 0; older.epoch = 0; newer.boot = NONE; newer.server = 0; newer.epoch = 0;
        since = 0; asking = NONE; open = false; sealed = true }

    :: atomic { sealed ->   /* sent, now or much later */
        if
        :: TAKEN_IN ->
#ifdef REACHED
            assert(false);
#endif
#if defined(MODIFIED) && !defined(BACKUP)
            /* A, for one that may only be believed as far as the vault's own signatures go */
            assert(!(paused_at <= last + MOST(one, two) && first + LEAST(one, two) < resumed_at));
            assert(last + MOST(one, two) < superseded_at);
#elif defined(MODIFIED)
            assert(one.epoch == two.epoch);
#else
            assert(!(paused_at <= t_last && t_first < resumed_at) || r_paused_at != paused_at);   /* A: no pause */
            assert(t_last < superseded_at);                                                      /* A: its disclosure */
#endif
            assert(withdrawn_at == NONE || !r_withdrawn);                                         /* A: consent */
            assert(COVER(one, two, first, last));                                                 /* A: leases */
            done = true
        :: else
        fi }
    od
}
