// SPDX-License-Identifier: BSL-1.0
// bus: the table of contents of the bus alone: topics in shared memory between processes, without flows. Include it whole, or a
// line of it.
#pragma once

#include <levada/bus/directory.hpp>          // what topics there are, and how they stand
#include <levada/bus/frames.hpp>             // a ring for events of any length
#include <levada/bus/group.hpp>              // several share the reading of a topic in parts
#include <levada/bus/group_state.hpp>        // how groups stand
#include <levada/bus/layout.hpp>             // a topic's files, byte for byte
#include <levada/bus/line.hpp>               // a ring for latency
#include <levada/bus/loan.hpp>               // what an event carries in place of an image
#include <levada/bus/many.hpp>               // a ring for each of several producers
#include <levada/bus/partition.hpp>          // a topic in parts, by key
#include <levada/bus/publisher.hpp>          // one writes
#include <levada/bus/reclaim.hpp>            // what becomes of cache lines that were read
#include <levada/bus/record_publisher.hpp>   // one writes events of a type known at run time
#include <levada/bus/record_subscriber.hpp>  // many read them
#include <levada/bus/sealed.hpp>             // topics for those who do not trust each other
#include <levada/bus/segment.hpp>            // mapped memory of a topic
#include <levada/bus/subscriber.hpp>         // many read
#include <levada/bus/topic.hpp>              // names
#include <levada/wire/json.hpp>              // events to text
