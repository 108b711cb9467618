// SPDX-License-Identifier: BSL-1.0
// fwd: the public types whose templates have no constraints, by name: for headers that only pass them on.
#pragma once

#include <cstddef>
#include <cstdint>

namespace levada::inline v0 {

// core
template <std::size_t N>
struct fixed_string;
template <std::size_t N>
struct text;
struct duration;
struct timestamp;
struct manual_clock;
struct fault;
enum class failure : std::uint8_t;
template <class T>
class result;
template <class T>
class word;
template <class... Events>
struct inputs;
template <class Key, class Event>
struct keyed;
struct processing_time;
template <class Op>
struct link;
class histogram;
struct start;
struct tick;
struct watermark;
struct flush;
struct barrier;
struct retire;
struct durable;
struct suspend;
struct end_of_stream;
enum class polled : std::uint8_t;
struct count;
struct sum;
struct mean;
struct min;
struct max;
struct variance;
struct stddev;
struct first;
struct last;

// wire
struct field;
struct enumerator;
struct descriptor_view;
class record;
class mutable_record;
struct histogram_parts;
struct tree_node;
struct model_part;
struct model_parts;

// simd
enum class isa : std::uint8_t;
struct sample_moments;
struct waveform_sums;
struct spectrum_sums;
struct tree_splits;
struct dense_layer;

struct biquad;
class goertzel;

// feature
class welford;
class ewma;
class timed_ewma;
enum class level_shift : std::int8_t;
class cusum;
class page_hinkley;
class p2_quantile;
struct adwin_options;
class adwin;
struct catch22_features;

// bus
class bus;
template <class T>
struct turn;
template <class T>
struct line_slot;
struct frame;
struct loan;
struct topic_options;
struct partition_options;
struct group_options;
struct group_state;
struct member_state;
struct partition_state;
enum class commit_policy : std::uint8_t;
template <class T>
struct group_turn;
struct subscriber_options;
struct lane_record;
struct topic_state;
struct subscriber_state;
class topic_observer;
class record_span;
struct record_turn;
class record_subscriber;
class record_publisher;
class guests;
struct sealed_options;
enum class lane_kind : std::uint8_t;
class start_at;
enum class overflow_policy : std::uint32_t;
enum class reclaim_policy : std::uint8_t;
enum class store_policy : std::uint8_t;

// state
class image;
class manifest;
struct manifest_title;
struct saved_array;
class timers;
template <class T>
class slots;
template <class T>
class slot;
template <class T>
struct versioned;
template <class T>
class shared_version;
struct keys;
enum class keys_full : std::uint8_t;
struct dense_keys;

// flow
template <class Out, class... Ops>
struct chain;
struct edge;
struct operator_counts;
struct checkpoint_options;
struct runner_options;
enum class overflow : std::uint8_t;
enum class profile : std::uint8_t;
enum class time_base : std::uint8_t;

// source
class timer;
struct timer_event;

// feature
template <class... Parts>
struct sharing;
template <class... Fs>
struct feature_set;
template <class Value>
struct rpm;
template <std::size_t Samples>
struct at_most;
template <std::size_t Capacity, class... Fs>
struct feature_extractor;
template <std::size_t Capacity>
struct power_of_window;
struct bearing_geometry;
struct window_moments;
struct window_waveform;
struct window_sorted;
struct window_spectrum;
struct window_spectrum_sums;
struct rms;
struct peak;
struct peak_to_peak;
struct mean_magnitude;
struct crest_factor;
struct shape_factor;
struct impulse_factor;
struct clearance_factor;
struct skewness;
struct kurtosis;
struct zero_crossing_rate;
struct hjorth_activity;
struct hjorth_mobility;
struct hjorth_complexity;
struct slope;
struct dominant_frequency;
struct spectral_centroid;
struct spectral_spread;
struct spectral_flatness;
struct spectral_entropy;

// op
enum class late : std::uint8_t;
struct between;
struct buffers;
struct versions;
enum class join_kind : std::uint8_t;
template <class Left, class Right>
struct join_keys;
template <class Left, class Right>
struct joined;
template <class Key, class... Results>
struct row;
template <class Row>
struct revision;
struct early;
struct ahead;
struct bounded;
struct periodic;
template <class Marker>
struct punctuated;
enum class silence : std::uint8_t;
struct event_time_options;
enum class skip : std::uint8_t;
enum class when_full : std::uint8_t;
enum class timed_out : std::uint8_t;
struct matching;
template <class Key, class Kept, class... Steps>
struct match;
template <class Before, class Last, class Guard, class Absence, class Keep>
struct sequence;
enum class unexpected : std::uint8_t;
template <class Key, class State, class Event>
struct transition;
template <class Unit>
struct sliding;
template <class Unit>
struct tumbling;
enum class stalls : std::uint8_t;
template <class Value, class... Ms>
struct aggregation_by;
struct percent;
template <unsigned Bits>
class hyperloglog;
template <unsigned Bits>
struct distinct;
template <std::size_t N, std::size_t Counters>
struct heavy_hitters;
template <class T, std::size_t N>
struct shortlist;
template <class V, class E>
struct ranked;
template <class Value>
struct by;
template <class V, class E, std::size_t K>
class top_events;
template <std::size_t K>
struct top;
struct delimited;
template <class E>
struct unparsed;
struct lookup_options;
struct lookup_counts;
struct hashed;
struct stars;
struct far_from_median;
template <class E>
struct outlier;
struct session;
struct minimum;
enum class after_firing : std::uint8_t;
enum class time_domain : std::uint8_t;
template <class Row, class State>
struct row_of_state;
template <class In, class Result, class Port>
class process_context;

// model and rule
template <class E, std::size_t Outputs>
struct scored;
struct candidate;
struct admission_options;
enum class admission_check : std::uint8_t;
struct unsigned_models;
enum class rollout_stage : std::uint8_t;
struct rollout_options;
struct rollout_status;
struct acknowledgement;
struct keep_nowhere;
struct range;
class any_model;
class components;
struct contribution;
template <std::size_t Features, std::size_t Outputs>
class fixed_model;
class linear;
class mixture;
class nearest;
class scaler;
class training_histogram;
class tree_explanation;
struct drift;
struct drift_options;
struct histogram_distance;
template <class E, class Change>
struct residual_change;
template <std::size_t Size>
class normal_range;
class network;
class trees;
template <class E>
struct judged;
class novelty;
template <std::size_t Size>
struct robust_z;
struct ewma_chart;
struct seasonal_profile;
template <std::uint32_t Window, std::size_t Remembered>
class relative_entropy;
template <std::size_t Dimensions, std::size_t Trees, std::size_t Samples>
class random_cut_forest;
template <std::size_t Dimensions, std::size_t Trees, std::size_t Depth, std::uint16_t Window>
class half_space_trees;
template <std::size_t Runs>
struct change_point;
template <std::size_t Window>
struct spectral_residual;
template <std::size_t Length, std::size_t Past>
class matrix_profile;
template <std::size_t Dimensions>
struct hotspot;
template <std::size_t Dimensions, std::size_t Window>
struct hotspots;
struct hold;
struct clear;
enum class alert_state : std::uint8_t;
template <class E>
struct alert;
enum class comparison : std::uint8_t;
struct condition;
struct subject;
struct ladder;
template <class Alert>
struct escalation;
template <class E>
struct matched;

}  // namespace levada::inline v0
