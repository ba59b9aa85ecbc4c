// The three products of a convolution by oneDNN, as custom calls of XLA: forward, by data and by weights.
//
// Maps are [batch, height, width, channel] and kernels [height, width, in, out], as XLA holds them; oneDNN chooses its
// own order of a kernel, to which it is copied and from which it is copied back.

#include <map>
#include <mutex>
#include <vector>

#include "dnnl.hpp"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;
using dnnl::memory;
using Key = std::vector<int64_t>;
using Window = ffi::Span<const int64_t>;  // strides, padding before, padding after; of height and width each

namespace {

enum Product { kForward, kByData, kByWeights };

struct Plan {
  dnnl::primitive compute;
  dnnl::reorder reorder;
  memory::desc x, kernel, bias, g, kernel_inside, scratchpad;
};

dnnl::engine& Engine() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

memory::desc Describe(ffi::AnyBuffer buffer, bool is_kernel) {
  auto type = buffer.element_type() == ffi::DataType::BF16 ? memory::data_type::bf16 : memory::data_type::f32;
  auto d = buffer.dimensions();
  if (is_kernel) return {{d[3], d[2], d[0], d[1]}, type, memory::format_tag::hwio};
  return {{d[0], d[3], d[1], d[2]}, type, memory::format_tag::nhwc};
}

template <typename Descriptor>
Plan Finish(Descriptor descriptor, memory::desc inside, Plan plan, bool back) {
  plan.compute = dnnl::primitive(descriptor);
  plan.kernel_inside = inside;
  plan.scratchpad = descriptor.scratchpad_desc();
  if (inside != plan.kernel) {
    plan.reorder = back ? dnnl::reorder({Engine(), inside, Engine(), plan.kernel})
                        : dnnl::reorder({Engine(), plan.kernel, Engine(), inside});
  }
  return plan;
}

Plan CreatePlan(Product product, Plan plan, Window window, bool relu) {
  const memory::dims strides{window[0], window[1]}, before{window[2], window[3]}, after{window[4], window[5]};
  const memory::desc kernel(plan.kernel.get_dims(), plan.kernel.get_data_type(), memory::format_tag::any);
  const auto algorithm = dnnl::algorithm::convolution_direct;
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);  // one for each call: they may be simultaneous
  if (relu) {
    dnnl::post_ops after_sum;
    after_sum.append_eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
    attributes.set_post_ops(after_sum);
  }
  const dnnl::convolution_forward::primitive_desc forward(Engine(), dnnl::prop_kind::forward_training, algorithm,
                                                          plan.x, kernel, plan.bias, plan.g, strides, before, after,
                                                          attributes);
  if (product == kForward) return Finish(forward, forward.weights_desc(), plan, false);
  if (product == kByData) {
    const dnnl::convolution_backward_data::primitive_desc backward(Engine(), algorithm, plan.x, kernel, plan.g,
                                                                   strides, before, after, forward, attributes);
    return Finish(backward, backward.weights_desc(), plan, false);
  }
  const dnnl::convolution_backward_weights::primitive_desc backward(Engine(), algorithm, plan.x, kernel, plan.g,
                                                                    strides, before, after, forward, attributes);
  return Finish(backward, backward.diff_weights_desc(), plan, true);
}

const Plan& FindPlan(Product product, const Plan& plan, Window window, bool relu) {
  static std::mutex mutex;
  static std::map<Key, Plan> plans;
  Key key{product, relu, static_cast<int64_t>(plan.x.get_data_type()), plan.bias.get_size() > 0};
  for (const auto& desc : {plan.x, plan.kernel, plan.g}) {
    for (int64_t size : desc.get_dims()) key.push_back(size);
  }
  key.insert(key.end(), window.begin(), window.end());
  const std::lock_guard<std::mutex> lock(mutex);
  auto found = plans.find(key);
  if (found == plans.end()) found = plans.emplace(key, CreatePlan(product, plan, window, relu)).first;
  return found->second;
}

ffi::Error Run(Product product, ffi::AnyBuffer x, ffi::AnyBuffer kernel, ffi::AnyBuffer g, void* bias, Window window,
               bool relu) try {
  Plan wanted{{}, {}, Describe(x, false), Describe(kernel, true), {}, Describe(g, false), {}, {}};
  if (bias) wanted.bias = {{wanted.g.get_dims()[1]}, memory::data_type::f32, memory::format_tag::x};
  const Plan& plan = FindPlan(product, wanted, window, relu);
  dnnl::stream stream(Engine());
  memory outside(plan.kernel, Engine(), kernel.untyped_data());
  memory inside = plan.reorder ? memory(plan.kernel_inside, Engine()) : outside;
  if (plan.reorder && product != kByWeights) plan.reorder.execute(stream, outside, inside);
  plan.compute.execute(
      stream, {{product == kByData ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, memory(plan.x, Engine(), x.untyped_data())},
               {product == kByWeights ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, inside},
               {product == kForward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, memory(plan.g, Engine(), g.untyped_data())},
               {DNNL_ARG_BIAS, memory(plan.bias, Engine(), bias)},
               {DNNL_ARG_SCRATCHPAD, memory(plan.scratchpad, Engine())}});
  if (plan.reorder && product == kByWeights) plan.reorder.execute(stream, inside, outside);
  stream.wait();
  return ffi::Error::Success();
} catch (const dnnl::error& error) {
  return ffi::Error::Internal(std::string("oneDNN: ") + error.what());
}

using Buffer = ffi::AnyBuffer;
using Output = ffi::Result<ffi::AnyBuffer>;

ffi::Error RunForward(Buffer x, Buffer kernel, Output g, Window window) {
  return Run(kForward, x, kernel, *g, nullptr, window, false);
}

ffi::Error RunForwardRelu(Buffer x, Buffer kernel, Buffer bias, Output g, Window window) {
  return Run(kForward, x, kernel, *g, bias.untyped_data(), window, true);
}

ffi::Error RunByData(Buffer g, Buffer kernel, Output x, Window window) {
  return Run(kByData, *x, kernel, g, nullptr, window, false);
}

ffi::Error RunByWeights(Buffer x, Buffer g, Output kernel, Window window) {
  return Run(kByWeights, x, *kernel, g, nullptr, window, false);
}

auto Binding() { return ffi::Ffi::Bind().Arg<Buffer>().Arg<Buffer>(); }

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(Forward, RunForward, Binding().Ret<Buffer>().Attr<Window>("window"));
XLA_FFI_DEFINE_HANDLER_SYMBOL(ForwardRelu, RunForwardRelu, Binding().Arg<Buffer>().Ret<Buffer>().Attr<Window>("window"));
XLA_FFI_DEFINE_HANDLER_SYMBOL(ByData, RunByData, Binding().Ret<Buffer>().Attr<Window>("window"));
XLA_FFI_DEFINE_HANDLER_SYMBOL(ByWeights, RunByWeights, Binding().Ret<Buffer>().Attr<Window>("window"));
