// SPDX-License-Identifier: BSL-1.0
// lives: who may do what while processes are killed, evicted and succeeded. Two publishers want one place; one subscriber is waited
// for (block), one only as long as its lease (evict); each has a name, and returns to its position. A killer takes any of them at
// any step, and the kernel gives back what they held. To be stopped and continued (SIGSTOP) is to do nothing for a while, which
// anybody may do at any step. One memory, in order: what the order of stores is worth is bus.cpp's.
//   publisher   producer::open, room::advance, room::look_for_gone, producer::commit (bus/detail/producer.hpp, bus/detail/room.hpp)
//   subscriber  find_place, attach, consumer::refresh, consumer::copy (bus/detail/join.hpp, bus/detail/consumer.hpp)
// Shown: one publisher at a time; nothing is taken for an event that was overwritten; nobody waits for ever (no invalid end state).
// Bugs, by -D: NO_LOCK NO_LOOK NO_VALIDATION NO_INCARNATION LATE_LOCK EARLY_LOOK
#define CAPACITY 2
#ifndef PUBLISHERS
#define PUBLISHERS 2
#endif
#ifndef LAST
#define LAST 4
#endif
#ifndef KILLS
#define KILLS 2
#endif
#define BLOCK 0
#define EVICT 1
#define FREE 0
#define NAMED 1
#define NOBODY 0

// Processes are 1 and 2: publishers, 3 and 4: subscribers 0 and 1.
byte topic_lock, place, cursor_lock[2];  // who holds them
byte head, reserve;
byte first_half[CAPACITY] = 99, second_half[CAPACITY] = 99;
byte state[2], incarnation[2], position_of[2], evicted[2];
bool dead[5], writes[5];
byte kills;

#define slot(n) ((n) % CAPACITY)
#define oldest(r) ((r) > CAPACITY -> (r) - CAPACITY : 0)
#ifdef NO_INCARNATION
#define counts(i) (state[i] != FREE && gone[i] == 0)
#else
#define counts(i) (state[i] != FREE && incarnation[i] != gone[i])
#endif
#define in_the_way(i) (counts(i) && position_of[i] + CAPACITY <= position)
#define may_be_gone(i) (in_the_way(i) && cursor_lock[i] == NOBODY)

// Steps on what only one process sees are one with the step before.
inline scan() {
  seen = 99;
  if :: counts(0) && position_of[0] + CAPACITY < seen -> seen = position_of[0] + CAPACITY :: else fi;
  if :: counts(1) && position_of[1] + CAPACITY < seen -> seen = position_of[1] + CAPACITY :: else fi
}

proctype publisher(byte me) {
  byte position, limit, wanted, seen, n;
  byte gone[2];
start:
  {
    skip;
again:
    atomic { topic_lock == NOBODY -> topic_lock = me; gone[0] = 0; gone[1] = 0; wanted = 0; seen = 0; n = 0 };
#ifdef NO_LOCK
    place = me;
#else
    if
    :: atomic { place == NOBODY -> place = me }
    :: atomic { else -> topic_lock = NOBODY }; place == NOBODY -> goto again  // a standby
    fi;
#endif
    atomic { position = head; limit = head };
    topic_lock = NOBODY;

    do
    :: position == LAST -> break
    :: position < LAST && position < limit ->
      atomic { writes[me] = true; assert(!(writes[1] && writes[2])); first_half[slot(position)] = position };
      second_half[slot(position)] = position;
      atomic { head = position + 1; position++; writes[me] = false }
    :: position < LAST && position >= limit ->
      atomic { scan(); wanted = (seen < position + 1 -> seen : position + 1) };
      reserve = (wanted > reserve -> wanted : reserve);
      atomic { scan(); wanted = (seen < wanted -> seen : wanted); seen = 0 };
      if
      :: atomic { wanted > limit -> limit = wanted; wanted = 0 }
      :: else ->  // somebody is in the way
        if
        :: !in_the_way(0) && !in_the_way(1)
#ifndef NO_LOOK
        :: atomic { may_be_gone(0) -> n = incarnation[0] };
           atomic { if :: cursor_lock[0] == NOBODY -> gone[0] = n :: else fi; n = 0 }
        :: atomic { may_be_gone(1) -> n = incarnation[1] };
           atomic { if :: cursor_lock[1] == NOBODY -> gone[1] = n :: else fi; n = 0 }
#endif
        :: atomic { in_the_way(1) && cursor_lock[1] != NOBODY -> n = incarnation[1] };  // its lease is over
           atomic { evicted[1] = n; gone[1] = n; n = 0 }
        fi;
        wanted = 0
      fi
    od;
    place = NOBODY
  } unless { atomic { dead[me] -> dead[me] = false; goto start } }
}

proctype subscriber(byte me; byte i) {
  byte position, low, h, x, y;
  bool once;
start:
  {
    skip;
again:
    atomic { topic_lock == NOBODY -> topic_lock = me; y = 0 };
    atomic {
#ifndef LATE_LOCK
      cursor_lock[i] = me;
#endif
#ifdef EARLY_LOOK
      low = oldest(reserve); h = head;
#endif
      position = (state[i] == NAMED -> position_of[i] : oldest(reserve))
    };
    position_of[i] = position;
    state[i] = NAMED;
    incarnation[i]++;
#ifdef LATE_LOCK
    cursor_lock[i] = me;
#endif
#ifndef EARLY_LOOK
    h = head;
    low = oldest(reserve);
#endif
    atomic {
      position = (position < low -> low : (position > h -> h : position));
      position_of[i] = position;
      low = 0; h = 0
    };
    topic_lock = NOBODY;

    do
    :: position == LAST -> break
    :: atomic { i == EVICT && evicted[i] == incarnation[i] -> cursor_lock[i] = NOBODY };
      if
      :: atomic { !once -> once = true; goto again }  // it opens anew
      :: break
      fi
    :: atomic { position < LAST && head > position -> x = first_half[slot(position)] };
      y = second_half[slot(position)];
      atomic {
        if
#ifndef NO_VALIDATION
        :: i == EVICT && oldest(reserve) > position -> position = oldest(reserve)  // and those between are counted as lost
#endif
        :: else -> assert(x == position && y == position); position++
        fi;
        x = 0; y = 0;
      };
      position_of[i] = position
    od;
    cursor_lock[i] = NOBODY
  } unless {
    atomic { dead[me] -> dead[me] = false };
    if
    :: goto start  // its namesake
    :: skip        // nobody returns
    fi
  }
}

inline kill(who) {
  dead[who] = true; writes[who] = false; kills++;
  if :: topic_lock == who -> topic_lock = NOBODY :: else fi;
  if :: place == who -> place = NOBODY :: else fi;
  if :: cursor_lock[0] == who -> cursor_lock[0] = NOBODY :: else fi;
  if :: cursor_lock[1] == who -> cursor_lock[1] = NOBODY :: else fi
}

proctype killer() {
  do
  :: atomic { kills < KILLS && !dead[1] -> kill(1) }
#if PUBLISHERS == 2
  :: atomic { kills < KILLS && !dead[2] -> kill(2) }
#endif
#ifdef WITH_BLOCK
  :: atomic { kills < KILLS && !dead[3] -> kill(3) }
#endif
#ifdef WITH_EVICT
  :: atomic { kills < KILLS && !dead[4] -> kill(4) }
#endif
  :: break
  od
}

init {
  atomic {
    run publisher(1);
#if PUBLISHERS == 2
    run publisher(2);
#endif
#ifdef WITH_BLOCK
    run subscriber(3, BLOCK);
#endif
#ifdef WITH_EVICT
    run subscriber(4, EVICT);
#endif
    run killer()
  }
}
