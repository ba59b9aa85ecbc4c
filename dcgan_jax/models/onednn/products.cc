// The three products of a convolution by oneDNN, as a custom call of XLA: forward, by data and by weights.
//
// Maps are [batch, height, width, channel] and kernels [height, width, in, out], as XLA holds them; oneDNN chooses its
// own order of a kernel, to which it is copied and from which it is copied back.

#include <map>
#include <mutex>
#include <vector>

#include "dnnl.hpp"
#include "xla/ffi/api/ffi.h"

namespace {

namespace ffi = xla::ffi;
using dnnl::memory;
using Buffer = ffi::AnyBuffer;
using Window = ffi::Span<const int64_t>;  // strides, padding before, padding after; of height and width each

enum Product { kForward, kByData, kByWeights };

struct Arrays {
  memory::desc x, kernel, g, bias;  // with a bias, what is below 0 becomes 0
};

struct Plan {
  dnnl::primitive compute;
  dnnl::reorder reorder;  // of the kernel, where oneDNN wants or gives another order
  memory::desc kernel, scratchpad;
};

dnnl::engine& Engine() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

memory::desc Describe(Buffer buffer, bool is_kernel) {
  auto type = buffer.element_type() == ffi::DataType::BF16 ? memory::data_type::bf16 : memory::data_type::f32;
  auto d = buffer.dimensions();
  if (is_kernel) return {{d[3], d[2], d[0], d[1]}, type, memory::format_tag::hwio};
  return {{d[0], d[3], d[1], d[2]}, type, memory::format_tag::nhwc};
}

Plan CreatePlan(int64_t product, const Arrays& arrays, Window window) {
  const memory::dims strides{window[0], window[1]}, before{window[2], window[3]}, after{window[4], window[5]};
  const memory::desc kernel(arrays.kernel.get_dims(), arrays.kernel.get_data_type(), memory::format_tag::any);
  const auto algorithm = dnnl::algorithm::convolution_direct;
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);  // one for each call: they may be simultaneous
  if (!arrays.bias.is_zero()) {
    dnnl::post_ops after_sum;
    after_sum.append_eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
    attributes.set_post_ops(after_sum);
  }
  auto plan = [&](const auto& chosen, const memory::desc& inside) {
    const auto& from = product == kByWeights ? inside : arrays.kernel;
    const auto& to = product == kByWeights ? arrays.kernel : inside;
    auto reorder = from == to ? dnnl::reorder() : dnnl::reorder({Engine(), from, Engine(), to});
    return Plan{dnnl::primitive(chosen), reorder, inside, chosen.scratchpad_desc()};
  };
  const dnnl::convolution_forward::primitive_desc forward(Engine(), dnnl::prop_kind::forward_training, algorithm,
                                                          arrays.x, kernel, arrays.bias, arrays.g, strides, before,
                                                          after, attributes);
  if (product == kForward) return plan(forward, forward.weights_desc());
  if (product == kByData) {
    const dnnl::convolution_backward_data::primitive_desc backward(Engine(), algorithm, arrays.x, kernel, arrays.g,
                                                                   strides, before, after, forward, attributes);
    return plan(backward, backward.weights_desc());
  }
  const dnnl::convolution_backward_weights::primitive_desc backward(Engine(), algorithm, arrays.x, kernel, arrays.g,
                                                                    strides, before, after, forward, attributes);
  return plan(backward, backward.diff_weights_desc());
}

const Plan& FindPlan(int64_t product, const Arrays& arrays, Window window) {
  static std::mutex mutex;
  static std::map<std::vector<memory::dims>, Plan> plans;
  const memory::dims kind{product, static_cast<int64_t>(arrays.x.get_data_type()), arrays.bias.is_zero()};
  const std::vector<memory::dims> key{kind, arrays.x.get_dims(), arrays.kernel.get_dims(), arrays.g.get_dims(),
                                      memory::dims(window.begin(), window.end())};
  const std::lock_guard<std::mutex> lock(mutex);
  if (!plans.count(key)) plans.emplace(key, CreatePlan(product, arrays, window));
  return plans.at(key);
}

// Makes the product of two arrays, in the order x, kernel, g without the one that is made; of a forward one a bias may
// come third: then it is added, and what is below 0 becomes 0.
ffi::Error Make(ffi::RemainingArgs given, ffi::Result<Buffer> made, int64_t product, Window window) try {
  const Buffer first = *given.get<Buffer>(0), second = *given.get<Buffer>(1);
  const Buffer x = product == kByData ? *made : first, kernel = product == kByWeights ? *made : second;
  const Buffer g = product == kForward ? *made : product == kByData ? first : second;
  Arrays arrays{Describe(x, false), Describe(kernel, true), Describe(g, false), {}};
  void* bias = given.size() == 3 ? given.get<Buffer>(2)->untyped_data() : nullptr;
  if (bias) arrays.bias = {{arrays.g.get_dims()[1]}, memory::data_type::f32, memory::format_tag::x};
  const Plan& plan = FindPlan(product, arrays, window);
  dnnl::stream stream(Engine());
  memory outside(arrays.kernel, Engine(), kernel.untyped_data());
  memory inside = plan.reorder ? memory(plan.kernel, Engine()) : outside;
  if (plan.reorder && product != kByWeights) plan.reorder.execute(stream, outside, inside);
  plan.compute.execute(
      stream, {{product == kByData ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, memory(arrays.x, Engine(), x.untyped_data())},
               {product == kByWeights ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, inside},
               {product == kForward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, memory(arrays.g, Engine(), g.untyped_data())},
               {DNNL_ARG_BIAS, memory(arrays.bias, Engine(), bias)},
               {DNNL_ARG_SCRATCHPAD, memory(plan.scratchpad, Engine())}});
  if (plan.reorder && product == kByWeights) plan.reorder.execute(stream, inside, outside);
  stream.wait();
  return ffi::Error::Success();
} catch (const std::exception& error) {
  return ffi::Error::Internal(std::string("oneDNN: ") + error.what());
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(
    Convolution, Make,
    ffi::Ffi::Bind().RemainingArgs().Ret<Buffer>().Attr<int64_t>("product").Attr<Window>("window"));
