// SPDX-License-Identifier: BSL-1.0
// removal: a topic is made by whoever opens it first, and removed by whoever finds it unused, while others open it and are killed.
// The lock's own file goes with the topic: who waited for the lock of a file that has lost its name must not believe it.
//   opener   lock_topic, segment::open_or_make (bus/detail/files.hpp, bus/segment.hpp)
//   remover  remove_topic, nobody_uses, remove_names (bus/detail/files.hpp)
// Shown: nobody's topic is removed under its hands, one makes or removes at a time, nobody waits for ever.
// Bugs, by -D: NO_NAME_CHECK NO_USE_CHECK LOCK_FIRST
#ifndef KILLS
#define KILLS 1
#endif
#define NOBODY 0
#define NONE 0
#define MOST 12

byte lock_name, last_lock;    // the file that has the name `lock`; files made so far
byte topic_name, last_topic;  // the same of the topic's files
byte holder[MOST];            // of the lock of a lock file
byte users[MOST];             // who run on a topic, by bits
byte inside;                  // who make or remove
bool dead[4];
byte kills;

inline lock() {
  do
  :: atomic { if :: lock_name == NONE -> last_lock++; lock_name = last_lock :: else fi; mine = lock_name };
    atomic { holder[mine] == NOBODY -> holder[mine] = me };
#ifndef NO_NAME_CHECK
    if
    :: lock_name == mine -> break
    :: else -> holder[mine] = NOBODY
    fi
#else
    break
#endif
  od
}
inline enter() { atomic { assert(inside == NOBODY); inside = me } }
inline leave() { atomic { if :: inside == me -> inside = NOBODY :: else fi } }
inline unlock() { leave(); holder[mine] = NOBODY }

proctype opener(byte me) {
  byte mine, topic, rounds;
start:
  {
    do
    :: rounds < 2 ->
      rounds++;
      lock();
      enter();
      if :: topic_name == NONE -> last_topic++; topic_name = last_topic :: else fi;
      topic = topic_name;
      users[topic] = users[topic] | (1 << me);
      unlock();
      assert(topic_name == topic);  // it runs, and whoever opens now finds the same topic
      users[topic] = users[topic] & ~(1 << me)
    :: rounds == 2 -> break
    od
  } unless { atomic { dead[me] -> dead[me] = false; goto start } }
}

proctype remover(byte me) {
  byte mine, rounds;
start:
  {
    do
    :: rounds < 2 ->
      rounds++;
      lock();
      enter();
      if
#ifndef NO_USE_CHECK
      :: topic_name != NONE && users[topic_name] != 0 -> skip  // it is in use
#endif
      :: else ->
#ifdef LOCK_FIRST
        lock_name = NONE;
        topic_name = NONE
#else
        topic_name = NONE;
        leave();  // nothing is done after the lock has lost its name but to try to remove the folder, which others may fill
        lock_name = NONE
#endif
      fi;
      unlock()
    :: rounds == 2 -> break
    od
  } unless { atomic { dead[me] -> dead[me] = false; goto start } }
}

inline kill(who) {
  dead[who] = true; kills++;
  if :: inside == who -> inside = NOBODY :: else fi;
  i = 0;
  do
  :: i < MOST -> if :: holder[i] == who -> holder[i] = NOBODY :: else fi; users[i] = users[i] & ~(1 << who); i++
  :: else -> i = 0; break
  od
}
proctype killer() {
  byte i;
  do
  :: atomic { kills < KILLS && !dead[1] -> kill(1) }
  :: atomic { kills < KILLS && !dead[3] -> kill(3) }
  :: break
  od
}

init {
  atomic { run opener(1); run opener(2); run remover(3); run killer() }
}
