// SPDX-License-Identifier: BSL-1.0
// levada: the table of contents, from source to sink. Include it whole, or a line of it.
#pragma once

// where events enter
#include <levada/source/csv.hpp>       // rows of a file
#include <levada/source/feedback.hpp>  // a way back
#include <levada/source/from.hpp>      // begins a chain
#include <levada/source/group.hpp>     // a share of a topic in parts
#include <levada/source/input.hpp>     // events pushed by hand
#include <levada/source/retained.hpp>  // a topic, kept until a checkpoint has it
#include <levada/source/timer.hpp>     // an event every period
#include <levada/source/topic.hpp>     // a topic of a bus
#include <levada/source/udp.hpp>       // datagrams
#include <levada/source/values.hpp>    // events in memory

// what happens to them
#include <levada/op/aggregate.hpp>         // count sum mean min max variance stddev first last
#include <levada/op/aggregate_by.hpp>      // the same by monoids of your own
#include <levada/op/at.hpp>                // where an event says its time
#include <levada/op/attempt.hpp>           // map that may refuse
#include <levada/op/changes.hpp>           // those with which a value changes
#include <levada/op/copy_fields.hpp>       // members of the same names
#include <levada/op/deadband.hpp>          // those whose value has moved far enough
#include <levada/op/dedup.hpp>             // an identity once
#include <levada/op/distinct.hpp>          // how many different values
#include <levada/op/drop_late.hpp>         // lets event time run forward only
#include <levada/op/enrich.hpp>            // what a table knows of a key
#include <levada/op/event_time.hpp>        // how far the time of events has come
#include <levada/op/filter.hpp>            // those for which a predicate holds
#include <levada/op/flat_map.hpp>          // any number for each
#include <levada/op/fold.hpp>              // one value of a whole stream
#include <levada/op/global_window.hpp>     // one window a key that never ends
#include <levada/op/heavy_hitters.hpp>     // the most frequent values
#include <levada/op/inspect.hpp>           // a look at what passes
#include <levada/op/interval_join.hpp>     // pairs of two streams that are close in time
#include <levada/op/join.hpp>              // how two streams meet
#include <levada/op/key_by.hpp>            // state for each key below it
#include <levada/op/latest_join.hpp>       // a stream beside a table that changes
#include <levada/op/lookup.hpp>            // what a table far away knows of a key
#include <levada/op/map.hpp>               // one for each
#include <levada/op/mask.hpp>              // members that others need not know
#include <levada/op/match.hpp>             // what a pattern finds
#include <levada/op/outliers.hpp>          // what is far from the median
#include <levada/op/parse.hpp>             // text to events
#include <levada/op/pattern.hpp>           // events that follow each other
#include <levada/op/process.hpp>           // functions of your own, with a state and an alarm
#include <levada/op/quantile.hpp>          // medians and percentiles
#include <levada/op/rate_limit.hpp>        // so many a period
#include <levada/op/reservoir.hpp>         // a few that stand for all
#include <levada/op/revision.hpp>          // what a window says more than once
#include <levada/op/rolling_window.hpp>    // the last seconds, at every event
#include <levada/op/row.hpp>               // what a window emits
#include <levada/op/sample.hpp>            // every n-th, or a share of the keys
#include <levada/op/scan.hpp>              // map with a memory
#include <levada/op/select.hpp>            // filter without a branch
#include <levada/op/session_window.hpp>    // events that follow each other closely
#include <levada/op/shortlist.hpp>         // a few values in a row
#include <levada/op/sketch.hpp>            // aggregates with a summary of their own
#include <levada/op/sorted.hpp>            // events in the order of their times
#include <levada/op/state_machine.hpp>     // a table of transitions
#include <levada/op/state_window.hpp>      // events in a row that have one value
#include <levada/op/threshold_window.hpp>  // events in a row for which a condition holds
#include <levada/op/throttle.hpp>          // one an interval
#include <levada/op/top.hpp>               // the greatest events
#include <levada/op/transition.hpp>        // what a state machine emits
#include <levada/op/unkey.hpp>             // the end of a keyed part
#include <levada/op/when_full.hpp>         // what goes where there is no room
#include <levada/op/window.hpp>            // the last N events, or the last seconds
#include <levada/op/window_join.hpp>       // pairs of two streams in one window
#include <levada/op/with_broadcast.hpp>    // one stream processed by what another has said
#include <levada/op/zip.hpp>               // pairs of two streams, one by one in the order of time

// what is learned of them, and what follows from it
#include <levada/model/admission.hpp>           // what a model must show before it scores
#include <levada/model/any_model.hpp>           // one whose kind is known at run time
#include <levada/model/change_point.hpp>        // whether a level or spread has just changed
#include <levada/model/components.hpp>          // T2 and Q of principal components
#include <levada/model/contributions.hpp>       // what has added most
#include <levada/model/detect.hpp>              // a detector in a stream
#include <levada/model/detector.hpp>            // what a detector is
#include <levada/model/ewma_chart.hpp>          // a control chart for small lasting shifts
#include <levada/model/fixed_model.hpp>         // one whose shape is known
#include <levada/model/half_space_trees.hpp>    // how empty a point's place is
#include <levada/model/hotspots.hpp>            // where points crowd
#include <levada/model/infer.hpp>               // asks a model about every event
#include <levada/model/install.hpp>             // models that come as events
#include <levada/model/linear.hpp>              // weighted sums
#include <levada/model/matrix_profile.hpp>      // whether a shape has been seen before
#include <levada/model/mixture.hpp>             // several normal distributions
#include <levada/model/nearest.hpp>             // centres and neighbours
#include <levada/model/network.hpp>             // small neural networks
#include <levada/model/normal_range.hpp>        // what is normal for a series
#include <levada/model/novelty.hpp>             // the detector to begin with
#include <levada/model/random_cut_forest.hpp>   // how much a point would change, and why
#include <levada/model/relative_entropy.hpp>    // whether a distribution has been seen before
#include <levada/model/robust_z.hpp>            // how far from the median
#include <levada/model/rollout.hpp>             // a new model beside, then instead of an old one
#include <levada/model/scaler.hpp>              // features on a common scale
#include <levada/model/scored.hpp>              // an event and what a model says of it
#include <levada/model/seasonal_profile.hpp>    // how far from what the hour lets expect
#include <levada/model/shingled.hpp>            // the last values as one point
#include <levada/model/spectral_residual.hpp>   // how salient the last value is
#include <levada/model/training_histogram.hpp>  // how features were spread
#include <levada/model/tree_explanation.hpp>    // what each feature has added
#include <levada/model/trees.hpp>               // boosted and random forests
#include <levada/model/watch_drift.hpp>         // features that look unlike in training
#include <levada/model/watch_residuals.hpp>     // a model that is wrong in another way than before
#include <levada/rule/alert_when.hpp>           // a condition that holds, with hold and clear
#include <levada/rule/alert_when_silent.hpp>    // nothing came for too long
#include <levada/rule/condition.hpp>            // a member compared with values, as data
#include <levada/rule/debounce.hpp>             // a value that has lasted
#include <levada/rule/escalate.hpp>             // one recipient after the other
#include <levada/rule/predicate_index.hpp>      // which of thousands of rules an event fulfils
#include <levada/rule/predicate_rules.hpp>      // rules as data
#include <levada/rule/predicates.hpp>           // the same in a flow, with rules that change

// where they leave
#include <levada/sink/json_lines.hpp>  // a file with an event a line
#include <levada/sink/to.hpp>          // ends a chain
#include <levada/sink/topic.hpp>       // a topic of a bus
#include <levada/sink/udp.hpp>         // datagrams

// what a window of samples is like, in numbers that models take
#include <levada/feature/adwin.hpp>             // a window that is as long as nothing changes
#include <levada/feature/catch22.hpp>           // 22 numbers that tell series apart
#include <levada/feature/cusum.hpp>             // a level that has left its target
#include <levada/feature/envelope.hpp>          // lines of a bearing
#include <levada/feature/ewma.hpp>              // mean and variance that forget
#include <levada/feature/features.hpp>          // composed features, of a window and of a span
#include <levada/feature/p2_quantile.hpp>       // a quantile of all values, by five numbers
#include <levada/feature/page_hinkley.hpp>      // a mean that has changed
#include <levada/feature/sliding_extremes.hpp>  // least and greatest of the last values
#include <levada/feature/sliding_median.hpp>    // median of the last values
#include <levada/feature/spectral.hpp>          // bands, centroid, orders of a shaft
#include <levada/feature/time_domain.hpp>       // rms, kurtosis, Hjorth
#include <levada/feature/vibration.hpp>         // all of them for a machine
#include <levada/feature/welford.hpp>           // moments of all values

// how it hangs together, and how it runs
#include <levada/flow/aside.hpp>         // what an operator lets go no further
#include <levada/flow/boundary.hpp>      // goes on on another thread
#include <levada/flow/chain.hpp>         // a | b
#include <levada/flow/checkpoint.hpp>    // a flow that goes on where it was
#include <levada/flow/circuit.hpp>       // ports
#include <levada/flow/draw.hpp>          // a picture of a flow
#include <levada/flow/engine.hpp>        // graphs on one thread
#include <levada/flow/flow.hpp>          // flow(statement, ...)
#include <levada/flow/fork.hpp>          // every event to several branches
#include <levada/flow/graph.hpp>         // operators and edges, as one thread runs them
#include <levada/flow/plan.hpp>          // the table of edges
#include <levada/flow/route.hpp>         // every event to one of several branches
#include <levada/flow/runner.hpp>        // run(flow)
#include <levada/flow/shard.hpp>         // a branch on several threads, by key
#include <levada/flow/staged_graph.hpp>  // several threads
#include <levada/flow/stream.hpp>        // streams with names, and merge
#include <levada/flow/trial.hpp>         // a flow under test

// what it runs on
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
#include <levada/state/image.hpp>            // a copy of state that goes on changing
#include <levada/state/key_table.hpp>        // key to slot
#include <levada/state/lookup_table.hpp>     // values by key that are only read
#include <levada/state/manifest.hpp>         // a checkpoint as a file
#include <levada/state/parameter.hpp>        // numbers that change while it runs
#include <levada/state/slot.hpp>             // a value that is replaced whole while it runs
#include <levada/state/slots.hpp>            // a value for each key
#include <levada/state/timers.hpp>           // an alarm for each key
#include <levada/wire/csv.hpp>               // text to events
#include <levada/wire/descriptor.hpp>        // the members of an event type
#include <levada/wire/enumeration.hpp>       // the names of an enumeration
#include <levada/wire/field.hpp>             // one member
#include <levada/wire/iso8601.hpp>           // time as text
#include <levada/wire/json.hpp>              // events to text
#include <levada/wire/model_parts.hpp>       // models as data
#include <levada/wire/mutable_record.hpp>    // members set by characters
#include <levada/wire/record.hpp>            // members by name, at run time
#include <levada/wire/text_template.hpp>     // words with members of an event in them
