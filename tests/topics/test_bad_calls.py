"""Bad and hostile arguments: every public function of the families answers them with a clear ValueError or TypeError.

For each function one good call is known; it has to work. Then each of its arguments that is data (not a callable, not
an object of the library) is replaced by each bad value in turn. What is not refused has to return, in time and without
any other exception: no OverflowError, IndexError, ZeroDivisionError, LinAlgError, no hanging.
"""

from __future__ import annotations

import importlib
import inspect
import signal
import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import scispaces
from scispaces.astronomy.elements import TABLE_1
from scispaces.data.digits import digits_split
from scispaces.experiments.deep_classifiers import initial_mlps
from scispaces.experiments.lipschitz_classifiers import Decay
from scispaces.experiments.moon_vaes import train_moon_vaes
from scispaces.experiments.penalized_classifiers import Penalty
from scispaces.experiments.several_digits import superimposed_digits
from scispaces.experiments.shared_encoders import TaskRule
from scispaces.experiments.wasserstein_critics import Recipe
from scispaces.latent.coupling import PLU
from scispaces.latent.mixtures import BernoulliMixture, GaussianMixture
from scispaces.latent.topics import Topics
from scispaces.networks.gradients import linear_output
from scispaces.networks.piecewise_linear import segment_pieces
from scispaces.networks.tangent_kernels import init_tanh_net
from scispaces.optimizers.gradient_flow import product_loss

LIBRARY = Path(scispaces.__file__).parent
SECONDS = 20

#: Written for jax to trace, or for arrays that another function has checked: nothing is looked at there.
UNCHECKED = set(
    """fraction guarded_norm guarded_ratio gradient_norms penalty_at clip_weights gradient_penalty multiply_adds
    critic by_autodiff gradients_by_parameters measured_jumps predicted_jumps largest_jump long_line
    plateau_gaps split_gap sides_of
    backprop layer_jacobians parameter_gradients per_example_parameter_norm gradient_gram mean_parameter_gradient
    affine mlp repeated stack unstack activation_function cross_entropy global_norm sgd train train_game
    penalized_loss mlp_features integrate task_paths binary_scale euclidean_norm strip_rhs check_sizes
    repeated_coin_law momentum_step nesterov_step adam_step ema_step buffer_step adam_split_step adam_buffer_step
    eg_update gain_update two_pass_grad min_norm_small
    nearest_code straight_through vq_losses
    gaussian_nll bernoulli_nll encode decode reparam gaussian_rate log_weights importance_objective
    coupling_forward coupling_inverse stack_forward stack_inverse
    complex_jacobian plane_flow plane_flow_sample""".split()
)


def rng():
    return scispaces.rng(0)


NET = [(np.array([[1.0, -1.0], [0.5, 2.0]]), np.array([0.1, -0.2])), (np.array([[1.0, 1.0]]), np.array([0.0]))]
CLASSIFIER = [(np.array([[1.0, -1.0], [0.5, 2.0], [0.3, 0.1]]), np.zeros(3))]
DIGITS = digits_split(rng(), 60)
STANDARD = digits_split(rng(), 60, scaling="standard")
Q = [[-1.0, 2.0], [1.0, -2.0]]
LAW = np.full((2, 2, 2), 0.125)
I2 = [[1.0, 0.0], [0.0, 1.0]]
A = [[2.0, 1.0], [0.5, 3.0]]
JD = 2453164.5
TOPICS = Topics(np.array([[0.5, 0.5]]), np.array([[0.2, 0.8], [0.7, 0.3]]))


def fields(x):
    return -np.asarray(x)


def rates(s):
    return np.array(Q) * (1 + 0.1 * np.sin(s))


def rates_at(times):
    return np.array(Q)[None] * np.ones((len(times), 1, 1))


#: A good call of each function: its data (varied), and its callables and objects (kept), told apart by "|".
def good() -> dict[str, tuple[dict, dict]]:
    data: dict[str, tuple[dict, dict]] = {}

    def add(name: str, kept: dict | None = None, /, **varied) -> None:
        data[name] = varied, kept or {}

    # adversarial
    add("gn_gradient_norm", D=1.0, c=[1.0, 2.0])
    add("gradient_normalize", {"critic": lambda p, x: p * x[0]}, kind="gn", eps=0.1)
    add("jump_size", D=1.0, c1=1.0, c2=2.0, kind="gn", eps=0.1)
    add("normalized_value", D=1.0, c=2.0, kind="gn", eps=0.1)
    add("softsign", s=1.0)
    add("split_change", {"pieces": segment_pieces(NET, [0.0, 0.0], [1.0, 1.0])}, kind="gn", eps=0.1)
    for name in ("gaussian_delta", "gaussian_pair"):
        add(name, x=[0.0], mean_p=1.0, mean_q=0.0, sd=1.0)
    add("interpolate_density", x=[0.0], mean_p=1.0, mean_q=0.0, sd=1.0, nodes=8)
    add("penalized_objective", slope=[1.0], delta=[0.5], rho=[1.0], lam=1.0)
    add("penalized_slope", delta=[0.5], rho=[1.0], lam=1.0)
    # astronomy
    add("calendar_to_jd", year=2000, month=1, day=1.5)
    add("complete_years", start="2000-01-01", end="2001-01-01")
    add("day_of", date="2000-01-01")
    for name in ("decimal_year", "centuries", "jd_to_calendar"):
        add(name, jd=JD)
    add("format_jd", jd=JD)
    add("exact_rate", body="venus", table=1)
    add("heliocentric", {"orbit": TABLE_1.venus}, jd=[JD])
    add("mutual_node", T=0.0)
    add("planes_coincide", T=0.0)
    add("node_rate", T=0.0, h=1e-3)
    add("relative_motion")
    add("within_years", {"planets": TABLE_1, "extrapolate": True}, jd0=JD, jd1=JD + 1)
    add("equation_of_center", longitude=10.0, e=0.01, perihelion=0.0)
    add("kepler_E", M=1.0, e=0.1)
    add("newton_E", M=1.0, e=0.1, steps=2)
    add("perifocal", a=1.0, e=0.1, M=1.0)
    add("dragon_boat_day", year=2004, peer="ephem", zone=0.3)
    add("june_solstice", year=2004, peer="ephem")
    add("new_moon_before", jd=JD, peer="ephem")
    add("ephem_scan", jd0=JD, jd1=JD + 700, within=1800.0)
    add("peer_closest_approach", jd_guess=JD + 0.4, peer="ephem", half_width=1.5)
    add("peer_contacts", middle=2453164.84, peer="ephem")
    add("peer_separation", jd=JD, offset=0.0, peer="ephem")
    add("closest_approaches", {"extrapolate": True}, jd0=JD, jd1=JD + 700)
    add("transits", {"extrapolate": True}, jd0=JD, jd1=JD + 700)
    add("contact_times", jd=2453164.84)
    for name in ("disk_limit", "parallax"):
        add(name, R=1.0, Delta=0.3)
    add("disk_position", jd=[JD])
    add("mean_conjunctions", jd0=JD, jd1=JD + 700)
    add("node_offset", jd=[JD], longitude=[77.0])
    for name in ("refine_minimum", "true_conjunctions"):
        add(name, jd_guess=[JD])
    add("separation", jd=[JD])
    for name in ("synodic_period", "mean_step", "return_ratio"):
        add(name)
    for name in ("angular_speed", "orbit_radius"):
        add(name, {"orbit": TABLE_1.venus}, longitude=10.0)
    add("count_in_window", start=Fraction(1, 10), step=1, width=Fraction(3, 2))
    add("exact_return_ratio", table=1, node_motion=0)
    add("first_of_passages", k=[3, 8])
    add("first_order_longitude", k=1)
    add("mean_conjunction_longitude", k=1)
    add("node_geometry", node="June")
    add("node_return_miss", k=5, rate=-0.49)
    add("passage_times", jd0=JD, jd1=JD + 40_000, node="June")
    add("return_miss", k=5, ratio="1.6")
    add("shift_by_eccentricity", longitude=10.0, T=0.0)
    # data, discrete
    add("digits_split", rng=rng(), train=100, scaling="unit")
    add("ring_and_blob", n=5, rng=rng())
    add("ring_sample", n=5, rng=rng(), modes=3, radius=1.0, sd=0.1)
    add("as_fraction", x="1.5")
    add("continued_fraction", x="1.5", n=3)
    for name in ("convergents", "mediant_fractions"):
        add(name, quotients=[1, 2, 3])
    add("distance_to_integer", x="1.5")
    add("record_returns", x="1.6", kmax=5)
    add("digit_against_rest", rng=rng(), digit=8, components=2, train=60)
    for name in ("log_elementary", "log_elementary_up_to", "subset_softmax"):
        add(name, x=[1.0, 2.0, 0.5], k=2)
    # dynamics
    add(
        "flow_jacobian", {"f": fields, "jacobian": lambda x: -np.eye(x.shape[-1]) * np.ones((*x.shape, 1))},
        start=[1.0], times=[0.0, 0.5], rtol=1e-6,
    )  # fmt: skip
    add("fundamental_matrix", {"A_of_t": lambda s: np.array(A)}, t=0.5, Phi0=I2, rtol=1e-6)
    add("linear_flow", A=A, t=0.5, points=I2)
    add("liouville_det", {"A_of_t": lambda s: np.array(A)}, t=0.5, Phi0=I2, rtol=1e-6)
    add("polygon_area", points=[[0, 0], [1, 0], [1, 1]])
    # experiments
    add("initial_block_mlps", rng=rng(), width=4, inner=3, blocks=1, classes=2, variances=[(1.0, 1.0)])
    add("initial_mlps", rng=rng(), width=4, depth=1, classes=2, nets=[("normal", 1.0)])
    add(
        "train_mlps", {"params": initial_mlps(rng(), 64, 1, 10, [("normal", 1.0)]), "data": STANDARD},
        rng=rng(), activation="relu", steps=2, batch=3, rate=0.1, clip=1.0,
    )  # fmt: skip
    add("image_measures", images=DIGITS.x)
    add("quadratic_front", points=3)
    add("quadratic_tasks", unit=1.0, shift=0.0)
    add("train_two_tasks", {"runs": [TaskRule("init")]}, rng=rng(), images=DIGITS.x, labels=DIGITS.y, steps=2, rate=0.1)
    add("train_gans", kinds=["gn"], rng=rng(), steps=2, batch=3, width=3, critic_steps=1, eps=0.1, lam=1.0, samples=3)
    add("train_normalized_critics", x_p=I2, x_q=A, kinds=["gn"], rng=rng(), steps=2, width=3, eps=0.1, lam=1.0)
    add("classifier_report", {"params": [(rng().standard_normal((10, 64)), np.zeros(10))], "data": DIGITS}, rng=rng())
    add(
        "train_classifiers", {"data": DIGITS, "decays": {"a": Decay()}},
        rng=rng(), sizes=(64, 10), steps=2, batch=3, learning_rate=0.1,
    )  # fmt: skip
    add(
        "train_penalized", {"data": DIGITS, "penalties": {"a": Penalty()}},
        rng=rng(), sizes=(64, 10), steps=2, every=1, batch=3, learning_rate=0.1,
    )  # fmt: skip
    add("train_critics", {"recipes": {"a": Recipe()}}, x_p=I2, x_q=A, rng=rng(), steps=2, width=3, learning_rate=0.1)
    add("superimposed_digits", rng=rng(), train_size=5, test_size=5)
    add(
        "train_multilabel", {"data": superimposed_digits(rng(), 30, 5), "runs": {"a": "zlpr"}},
        rng=rng(), features=3, steps=2, every=1, rate=0.1,
    )  # fmt: skip
    add("fit_logistic", x=A, t=[0.0, 1.0], loss="f1", start=[0.0, 0.0, 0.0], decay=0.1)
    add("train_on_noisy_labels", {"data": digits_split(rng(), 400)}, rng=rng(), share=0.3, steps=2, rate=0.1)
    # instances
    add("matched_pairs", x=I2, y=A)
    add("random_critic", sizes=(2, 3, 1), rng=rng(), bias=0.5)
    add("two_masses", distance=1.0)
    add("wavy", a=1.0)
    add("aligned_linear_net", widths=(2, 3), rng=rng())
    add("drifting_estimates", n=3, steps=2, rng=rng(), drift=1e-3)
    add("steepest_slope", name="tanh")
    add("climb", rng=rng(), widths=(2, 2), activation="tanh", starts=3, iterations=2)
    add("copied_networks", rng=rng(), widths=(2, 2), n=3, noise=0.1)
    add("random_networks", rng=rng(), widths=(2, 2), n=3, scale=1.0)
    add("isometric_network", rng=rng(), noise=0.1)
    layers = {"Ws": [W for W, _ in NET], "bs": [b for _, b in NET]}
    add("layers_of", {"phi": linear_output([1.0])}, x=[1.0, 2.0], activation="tanh", **layers)
    for name in """affine_critics paired_nets random_nets random_nets_without_biases two_laws
        random_classifier random_gapped random_kernel random_layer random_points_in_plane random_points_on_line
        random_network random_start aligned_layer classifier_network copied_network living_network narrowing_network
        thin_network tight_or_not tried_network widening_network any_diagonal any_matrix chains conserving eigenvalues
        joint_laws markov_laws metzler mild_chains not_metzler reversible truncations
        labelled_vectors one_wrong sides small_labelled
        gapped_scores labelled_scores mild_scores random_scores separated_scores tied_scores""".split():
        add(name, rng=rng())
    # losses
    for name in ("lse", "softmax", "boltzmann_max", "soft_argmax"):
        add(name, x=[1.0, 2.0], K=1.5, axis=-1)
    for name in ("lse_error_bounds", "boltzmann_worst"):
        add(name, n=3, K=1.5)
    add("soft_kmax", x=[1.0, 2.0, 0.5], k=2, K=1.5, axis=-1)
    add("smooth_accuracy", scores=A, labels=[0, 1])
    add("smooth_f1", p=[0.5, 0.2], t=[1.0, 0.0], beta=1.0)
    add("smooth_f1_gradient", p=[0.5, 0.2], t=[1.0, 0.0])
    add("f1_threshold", eta=[0.5, 0.2])
    for name in ("bce_loss", "zlpr_gradient", "subset_loss"):
        add(name, s=[1.0, -1.0], y=[1, 0])
    add("zlpr_loss", s=[1.0, -1.0], y=[1, 0], s0=0.5)
    add("soft_zlpr_loss", s=[1.0, -1.0], t=[0.2, 0.9])
    add("pair_loss", s=[1.0, -1.0], y=[1, 0], gamma=2.0, margin=0.1)
    add("padded_subset_loss", s=[1.0, -1.0], y=[1, 0], K=3, s0=0.5)
    # linalg
    add("adjugate", M=A)
    add("det_exp_rate", A=A, t=0.5)
    add("exp_tail_bounds", norm=1.0, order=3)
    for name in ("expm", "expm_by_eigenvectors", "grad_log_det_expm", "log_det_expm", "spectral_radius"):
        add(name, A=A)
    add("expm_taylor", A=A, order=3)
    add("jacobi_derivative", M=A, dM=I2)
    add("log1p_series", A=[[0.1, 0.0], [0.0, 0.2]], n_terms=3)
    add("logdet_trace_log", B=A)
    add("newton_identities", power_sums=[3, 5, 9])
    add("entry_law", name="three_point", p=0.1)
    add("gaussian_spectral_norms", m=3, n=2, k=2, rng=rng())
    for name in ("gram", "gram_mse", "max_offdiagonal", "singular_values"):
        add(name, W=A)
    add("gram_error_moments", m=3, n=2, kurtosis=3.0)
    add("haar_orthogonal", rng=rng(), m=3, n=2)
    add("max_offdiagonal_cdf", t=0.5, n=5, nodes=8)
    for name in ("quarter_circle_cdf", "quarter_circle_pdf"):
        add(name, s=0.5)
    add("random_weights", rng=rng(), m=3, n=2, law="normal", gain=1.0, p=0.1)
    add("weight_variance", m=3, n=2, mode="norm")
    add("normalized_gradient", W=A, G=I2)
    add("power_estimates", W=A, n_iter=3, u0=[1.0, 1.0])
    add("power_step", W=A, u=[1.0, 1.0])
    add("spectral_norm", W=A, n_iter=3, u0=[1.0, 1.0])
    add("spectral_norm_grad", W=A, gap=1e-10)
    add("spectral_normalize", W=A, n_iter=3, u0=[1.0, 1.0])
    add("chebyshev_log", low=1.0, high=2.0, degree=3)
    for name in ("hutchinson_samples", "hutchinson_trace"):
        add(name, {"matvec": lambda Z: 2 * Z}, k=3, n_probes=4, rng=rng(), kind="gaussian")
    add("hutchinson_variance", M=A, kind="gaussian")
    add("stochastic_logdet", {"matvec": lambda Z: 2 * Z}, k=3, interval=(1.0, 3.0), degree=3, n_probes=4, rng=rng())
    # losses
    add("normalized_sum", grads=A, eps=0.1)
    for name in ("power_mean", "power_mean_weights"):
        add(name, losses=[1.0, 2.0], gamma=0.5)
    add("prior_loss_classification", counts=[1, 2])
    add("prior_loss_regression", y=[1.0, 2.0], kind="l1")
    add("task_weights", rule="power", losses=[1.0, 2.0], grads=A, reference=[1.0, 2.0], gamma=0.5)
    # markov
    add("cauchy_density", x=0.5, gamma=1.0, t=1.0)
    add("birth_death_rates", birth=[1.0, 1.0], death=[1.0, 1.0])
    add("heat_kernel", x=0.0, D=1.0, t=1.0)
    add("immigration_death_moments", lam=1.0, mu=1.0, t=1.0, n0=2)
    add("immigration_death_pmf", n=[1, 2], lam=1.0, mu=1.0, t=1.0, n0=2)
    add("immigration_death_rates", lam=1.0, mu=1.0, N=5)
    add("walk_density", n=[0, 1], h=1.0, D=1.0, t=1.0)
    for name in ("as_generator", "exit_rates", "is_metzler", "stationary", "spectral_gap", "stationary_flux"):
        add(name, Q=Q)
    for name in ("as_rates", "generator"):
        add(name, W=[[0.0, 2.0], [1.0, 0.0]])
    add("is_embeddable_2x2", P=[[0.9, 0.2], [0.1, 0.8]])
    add("random_rates", n=3, rng=rng(), sparsity=0.5, spread=1.0)
    add("reversible_rates", pi=[0.5, 0.5], S=[[0.0, 1.0], [1.0, 0.0]])
    add("ring_rates", n=3, forward=1.0, backward=2.0, bias=[0.0, 0.1, 0.2])
    add("uniformized", Q=Q, rate=3.0)
    add("as_joint_law", law=LAW)
    add("ck_defect", P32=I2, P21=I2, P31=I2)
    add("conditional", law=LAW, time=3, history={1: 0})
    add("empirical_law", paths=[[0, 1], [1, 1]], values=2)
    add("feller_law", blocks=1)
    add("marginal", law=LAW, time=1)
    add("random_joint_law", values=2, times=2, rng=rng())
    add("transition", law=LAW, later=2, earlier=1)
    for name in ("propagator", "backward_propagator"):
        add(name, {"Q_of_t": rates}, start=0.0, end=0.5, rtol=1e-6)
    add("integrated_generator", {"Q_of_t": rates}, start=0.0, end=0.5)
    add("euler", Q=Q, p0=[1.0, 0.0], t=0.5, steps=3)
    add("propagate", Q=Q, p0=[1.0, 0.0], t=0.5, method="uniformization", tol=1e-12)
    add("two_state_solution", {"a": lambda t: 1.0, "b": lambda t: 2.0}, p0=0.5, t=1.0)
    add("uniformization_sum", Q=Q, p0=[1.0, 0.0], t=0.5, N=5)
    add("uniformization_terms", mean=3.0, tol=1e-9)
    add("chi_square", p=[0.5, 0.5], pi=[0.4, 0.6])
    for name in ("kl", "l1_distance"):
        add(name, p=[0.5, 0.5], q=[0.4, 0.6])
    add("kl_rate", Q=Q, p=[0.5, 0.5], q=[0.4, 0.6])
    add("gillespie", Q=Q, x0=0, t=0.5, n_paths=3, rng=rng())
    add("gillespie_channels", {"rates": lambda x: [np.ones(x.shape)]}, changes=[1], x0=0, t=0.5, n_paths=3, rng=rng())
    add("sample_compound_poisson", {"jump": lambda g, m: g.standard_normal(m)}, rate=1.0, t=0.5, n_paths=3, rng=rng())
    add("thinning", {"Q_of_t": rates_at}, bound=3.0, x0=0, t=0.5, n_paths=3, rng=rng())
    # networks
    add("activations_of", activation="tanh", layers=2)
    add("leaky_relu", slope=0.1)
    add("chain_gains", dims=[2, 3], rule="geometric")
    add("exact_chain_gains", dims=[2, 3], kind="arithmetic")
    add("layer_gains", m=2, n=3, t=0.1)
    add("loss_backward_gain", rng=rng(), m=2, n=3, t=0.1, loss="square", nets=3)
    add("round_trip_cdf", v=1.0, m=2, n=3, t=0.1, nodes=8)
    add("sample_chain", rng=rng(), dims=[2, 3], rule="geometric", activation="relu", nets=3, law="normal")
    add("as_rule", rule="max")
    add("dimension_mean", m=2.0, n=3.0, kind="max")
    add("exact_mean", m=2, n=3, kind="max")
    add("gain_penalty", t=0.1, m=2.0, n=3.0, p=2.0)
    add("lehmer_mean", m=2.0, n=3.0, q=0.5)
    add("lp_optimal_variance", m=2.0, n=3.0, p=2.0)
    add("dirichlet_energy_mc", {"f_grad": fields}, samples=I2)
    Ws, bs = [W for W, _ in NET], [b for _, b in NET]
    for name in ("gradient_penalty_sides", "mlp_gradients"):
        add(name, {"phi": linear_output([1.0])}, Ws=Ws, bs=bs, x=[1.0, 2.0], activation="tanh")
    add("squared_spectral_norm", A=A)
    add("cross_entropy_output", labels=[0, 1])
    add("linear_output", c=[1.0])
    add("squared_output", y=[1.0])
    add("wave_output", c=[1.0], curvature=0.3)
    add("certified_radius", logits=[1.0, 2.0], lipschitz=1.0)
    for name in ("conv_matrix", "conv_operator_norm"):
        add(name, kernel=[[[1.0, -1.0]]], input_shape=4)
    add("conv_reshaped_bound", kernel=[[[1.0, -1.0]]])
    add("flip_margin", {"params": CLASSIFIER}, x=[1.0, 2.0], radius=0.1, steps=2)
    add("frobenius_bound", Ws=Ws)
    add("lipschitz_product_bound", Ws=Ws, activation_constants=["relu", 1.0])
    add("relu_jacobians", Ws=Ws, bs=bs, x=[[1.0, 2.0]])
    add("init_mlp", rng=rng(), sizes=(2, 3), gain=2.0, law="normal")
    add("affine_pieces", {"params": NET}, x=[[1.0, 2.0]], negative_slope=0.1)
    add("pwl_piece", {"params": NET}, x=[1.0, 2.0], negative_slope=0.1)
    add("ridge_critic", x=[1.0, 2.0], values=[1.0, -1.0], slope=0.1)
    add("segment_pieces", {"params": NET}, x0=[1.0, 2.0], x1=[2.0, 0.0], negative_slope=0.1)
    add("segment_scan", {"f": lambda x: x[:, 0]}, x0=[1.0, 2.0], x1=[2.0, 0.0], num=5)
    add("iterate_map", {"f": np.tanh}, x0=1.0, steps=3)
    add("log_norm_drift", m=3, L=2)
    add("measured_gain", rng=rng(), m=3, n=2, variance=1.0, draws=2)
    add("norm_mean", m=3)
    add("norm_ratio", W=A, x=[1.0, 2.0])
    add("norm_ratio_cdf", rho=1.0, m=3)
    add("norm_ratio_moments", x=[1.0, 2.0], m=3, kurtosis=3.0)
    for name in ("norm_tail", "norm_tail_bound"):
        add(name, eps=0.5, m=3)
    add("product_ratio_variance", m=3, L=2, activation="relu")
    add("propagate_norms", rng=rng(), width=3, depth=2, settings=[("relu", 2.0)], nets=2, law="normal")
    add("relu_cosine_map", rho=0.5)
    add("rms_normalize", y=[1.0, 2.0])
    add("second_moment_map", {"phi": np.tanh}, q=1.0, nodes=8)
    add("minibatches", rng=rng(), n=5, batch=2, steps=2)
    add("weights_by_run", {"name": "decays"}, runs={"a": (1.0, 2.0)})
    # losses
    four = np.array([[1.0, 0.0], [0.5, 0.2], [0.0, 1.0], [0.1, 0.9]])
    add("chunk_similarities", H=four, partner=[1, 0, 3, 2], chunk=2, mask_diagonal=True)
    add("info_nce", S=np.eye(2), partner=[1, 0], mask_diagonal=True)
    add("info_nce_cotangent", H=four, partner=[1, 0, 3, 2], mask_diagonal=True, block=2)
    add("info_nce_probs", S=np.eye(2), mask_diagonal=True)
    add("nce_asymptotic_cov", g=I2, p=[0.5, 0.5], u=[0.2, 0.8], nu=1.0, weights=[1.0, 1.0])
    add("nce_fit", phi_data=four, phi_noise=four[::-1], log_u_data=0.0, log_u_noise=[0.0, 0.1, 0.2, 0.3], nu=1.0,
        w_data=[0.1, 0.2, 0.3, 0.4], w_noise=[0.25] * 4, steps=50)  # fmt: skip
    add("nce_floor", p=[0.5, 0.5], u=[0.2, 0.8])
    add("nce_loss", s_data=[0.5, 1.0], s_noise=[0.0], nu=1.0, w_data=[0.5, 0.5], w_noise=[1.0])
    add("pmi", N=A)
    add("sgns_optimum", N=A, k=5.0, exponent=0.75)
    add("naive_loss", H=four, partner=[1, 0, 3, 2], chunk=2, mask_diagonal=True)
    add("temperature_gradient", S=np.eye(2), P=np.eye(2), partner=[1, 0], tau=0.5)
    add("two_tower_cotangents", U=four, V=four)
    # optimizers
    add("frank_wolfe_simplex", K=I2, alpha0=[0.5, 0.5], max_iter=5, tol=1e-9)
    add("is_common_descent", G=A, u=[1.0, 1.0], tol=0.1)
    add("mgda_ub_direction", {"vjp": lambda q: q}, Q=A)
    add("min_norm_point", G=A, method="fw", tol=1e-6, max_iter=50)
    add("min_norm_two", g1=[1.0, 2.0], g2=[0.5, -1.0])
    add("pcgrad", G=A, orders=[[1], [0]])
    add("softmin_direction", G=A, lam=2.0)
    add("stationarity_residual", G=A)
    add("descent_error", {"loss": product_loss}, w0=[1.0, 0.5], eps=0.1, time=0.3)
    add("gradient_descent", {"gradient": product_loss.gradient}, w0=[1.0, 0.5], eps=0.1, steps=3)
    add("eg_scale", momentum=0.9, cosine=True)
    add("eg_step", theta=[1.0, 0.0], grad=[1.0, 2.0], lr=0.1)
    add("eg_step_simplex", theta=[0.5, 0.5], grad=[1.0, 2.0], lr=0.1)
    add("gain_path", grads=[1.0, 2.0], gamma=0.1, nu0=1.0, log=False)
    add("meta_descent", {"grad_fn": fields}, theta0=[1.0], lr=0.1, gamma=0.1, steps=3, rule="eg", log_nu_bounds=(-1, 1))
    add("noise_mean_gain", t=3, gamma=0.1, sigma=1.0)
    add("reduced_limit", x=[0.5], c=[0.5], steps=100, small=1e-6)
    add("reduced_meta_map", x=[0.5], c=[0.5])
    add("gradient_flow", {"gradient": product_loss.gradient}, w0=[1.0, 0.5], times=[0.1, 0.2], tol=1e-6)
    add(
        "modified_flow", {"gradient": product_loss.gradient, "hessian": product_loss.hessian},
        eps=0.1, w0=[1.0, 0.5], times=[0.1, 0.2], tol=1e-6,
    )  # fmt: skip
    slope = {"gradient": lambda x: 2.0 * x}
    add("implicit_step", slope | {"hessian": lambda x: 2 * np.eye(2)}, theta=[1.0, 0.5], velocity=[0.0, 0.1],
        alpha=0.1, beta=0.9)  # fmt: skip
    add("leapfrog_to_momentum", lam=1.0, gamma=[0.1, 0.2])
    add("momentum_to_leapfrog", beta=0.9, alpha=0.1)
    add("momentum_descent", slope, theta0=[1.0, 0.5], alpha=0.1, beta=0.9, steps=3, lookahead=0.0, v0=[0.1, 0.0])
    add("newton_flow", slope, theta0=[1.0, 0.5], lam=0.1, times=[0.0, 0.5], tol=1e-6)
    add("newton_error", slope, theta0=[1.0, 0.5], lam=0.1, gamma=0.1, time=0.5, coefficients="exact", start="rest")
    add("retune_beta", beta=0.9, r=[0.1, 2.0])
    for name in ("momentum_matrix", "momentum_radius"):
        add(name, q=0.5, beta=[0.9, 0.5], c=0.0)
    add("stability_limit", beta=0.9, c=0.5)
    add("stationary_variance", alpha=0.1, h=[1.0, 2.0], s2=1.0, beta=0.9, c=0.0)
    add("accumulation_coefficients", beta=0.9, k=4, mode="tilde")
    add("ema_weights", beta=0.9, k=4, blocks=3, mode="tilde")
    add("filter_distance", beta=0.9, k=4)
    for name in ("block_decay", "effective_noise"):
        add(name, beta=[0.9, 0.5], k=4)
    add("ema_momentum_variance", alpha=0.1, h=[1.0, 2.0], S=1.0, B=0.9)
    add("second_moment_ratio", mu=0.1, s2=[1.0, 2.0], k=4)
    # pde
    add("break_time", {"df": lambda x: -np.cos(x)}, interval=(-3.0, 3.0), n=101)
    add("burgers_branches", {"f": lambda x: -np.tanh(x)}, x=0.0, t=2.0, interval=(-5.0, 5.0), n=101)
    add("burgers_solution", {"f": lambda x: -np.sin(x), "df": lambda x: -np.cos(x)}, x=[0.1], t=0.5)
    add("equal_area_shock", {"f": lambda x: np.exp(-np.square(x))}, t=2.0, interval=(-10.0, 10.0), n=201)
    add("godunov_burgers", u0=[1.0, 0.0, 0.0], dx=0.1, t=0.1, cfl=0.9)
    add("upwind", {"speed": np.ones_like, "source": np.zeros_like}, u0=[1.0, 0, 0], x=[0.0, 1, 2], t=0.5, cfl=0.9)
    straight = {"alpha": lambda x, u: np.ones_like(x), "beta": lambda x, u: 0 * u}
    add("curve_crossing", straight, x0=[0.0, 0.0], u0=1.0, axis=0, value=1.0, s_max=5.0)
    add("symmetric_form_crossing", straight, x0=[0.0, 0.0], u0=1.0, axis=0, value=1.0)
    add("quasilinear_characteristics", straight, x0=[[0.0, 0.0]], u0=[1.0], s_grid=[0.0, 1.0], rtol=1e-6)
    add("first_caustic", J=[1.0, 0.5, -0.5], s=[0.0, 1.0, 2.0])
    add("increasing", {"name": "grid"}, grid=[0.0, 1.0])
    add("bin_residuals", {"density": lambda x: np.ones(len(x))}, samples=[[0.5, 0.5]], edges=[0.0, 1.0], least=0.5)
    flow = {"v": fields, "divergence": lambda x: -2.0 * np.ones(len(x))}
    add("flow_points", flow, points=I2, t=0.5, rtol=1e-6)
    add("moved_log_density", flow | {"log_p0": lambda x: -np.sum(x**2, axis=1)}, points=I2, t=0.5, rtol=1e-6)
    add("characteristic_branches", {"u0": np.cos, "du0": lambda y: -np.sin(y)}, x=0.1, t=0.5, interval=(-3.0, 3.0))
    for name in ("hopf_lax", "hopf_lax_minimiser"):
        add(name, {"u0": np.cos}, x=[0.1], t=0.5, reach=2.0, n=101)

    def eikonal(x, u, p):
        return p[0] ** 2 + p[1] ** 2 - 1

    add(
        "compatible_p0", {"F": eikonal},
        x0=[[1.0, 0.0]], u0=[0.0], dx0=[[[0.0, 1.0]]], du0=[[0.0]], guess=[[0.7, 0.1]], tol=1e-10, steps=20,
    )  # fmt: skip
    add("solve_strips", {"F": eikonal}, x0=[[1.0, 0.0]], u0=[0.0], p0=[[1.0, 0.0]], s_grid=[0.0, 0.5], rtol=1e-6)
    for name in ("ellipse_curvature", "ellipse_evolute", "ellipse_normal"):
        add(name, A=2.0, B=1.0, theta=[0.1, 0.2])
    for name in ("ellipse_front", "front_jacobian"):
        add(name, A=2.0, B=1.0, theta=[0.1, 0.2], s=0.1)
    add("ellipse_distance_grid", A=2.0, B=1.0, half_width=3.0, n=21)
    # probability
    for name in ("abs_cosine_mean", "angle_variance", "angle_variance_by_recursion"):
        add(name, n=5)
    add("angle_between", x=[1.0, 0.0], y=[0.0, 1.0])
    for name in ("angle_cdf", "angle_pdf"):
        add(name, theta=0.5, n=5)
    for name in ("angle_tail", "angle_tail_bound"):
        add(name, eps=0.5, n=5)
    for name in ("cosine_cdf", "cosine_pdf"):
        add(name, eta=0.5, n=5)
    add("gamma_ratio", x=2.0)
    for name in ("random_angles", "random_directions"):
        add(name, rng=rng(), n=3, size=4)
    for name in ("transport_cost", "wasserstein1_lp", "wasserstein1_1d"):
        add(name, x=[0.0, 1.0], y=[2.0, 3.0], p=[0.5, 0.5], q=[0.5, 0.5])
    add("wasserstein1_assignment", x=[0.0, 1.0], y=[2.0, 3.0])
    add("wasserstein2_1d", x=[0.0, 1.0], y=[2.0, 3.0], p=[0.5, 0.5], q=[0.5, 0.5])
    add("wasserstein2_assignment", x=[0.0, 1.0], y=[2.0, 3.0])
    add("wasserstein2_gaussian", m1=[0.0, 1.0], S1=I2, m2=[1.0, 0.0], S2=I2)
    for name in ("kl_divergence", "js_divergence"):
        add(name, p=[0.5, 0.5], q=[0.25, 0.75], axis=-1)
    # latent
    add("responsibilities", log_joint=[[0.0, 1.0]])
    add("completed_kl", px=[0.5, 0.5], r=[[0.5, 0.5], [1.0, 0.0]], g=[[0.2, 0.3], [0.4, 0.1]])
    add("em_rate_weight", f1=[1.0, 2.0], f2=[2.0, 1.0], w=0.5)
    add("em", {"estep": lambda t: (t, np.array([0.0])), "mstep": lambda r: r}, theta=1.0, steps=3, tol=0.0, slack=1e-9)
    add("gmm_log_joint", {"model": GaussianMixture(np.ones(1), np.zeros((1, 1)), np.ones((1, 1, 1)))}, X=[[0.0], [1.0]])
    add("gmm_mstep", X=[[0.0], [1.0]], gamma=[[0.5, 0.5], [0.2, 0.8]], reg=0.0, floor=0.0)
    add("gmm_sample", rng=rng(), n=5, means=[0.0, 1.0], sd=1.0, weights=[0.5, 0.5])
    one_coin = BernoulliMixture(np.ones(1), np.full((1, 1), 0.3))
    add("bernoulli_log_joint", {"model": one_coin}, X=[[0.0], [1.0]], trials=1)
    add("bernoulli_mstep", X=[[0.0], [1.0]], gamma=[[0.5, 0.5], [0.2, 0.8]], trials=1)
    add("plsa_loglikelihood", {"topics": TOPICS}, N=[[1.0, 2.0]])
    add("plsa_step", {"topics": TOPICS}, N=[[1.0, 2.0]])
    add("iris")
    add("divergence_grid", kind="kl", p=[0.5, 0.5], q=[0.25, 0.75], dx=1.0)
    add("divergence_velocity", kind="kl", p=[0.5, 0.5], q=[0.25, 0.75], dx=1.0)
    # codebooks
    add("quantize", Z=I2, E=A)
    add("cluster_sums", Z=I2, index=[0, 1], K=3)
    add("codebook_grad", Z=I2, E=A, index=[0, 1], beta=0.5)
    add("ema_update", N=[1.0, 0.5], m=A, index=[0, 1], Z=I2, decay=0.9)
    add("lloyd_step", Z=I2, E=A)
    for name in ("utilisation", "perplexity"):
        add(name, index=[0, 1], K=3)
    add("simvq_step", {"train_q": True, "train_w": True}, Q=A, W=I2, G=I2, eta=0.1)
    add("effective_update", {"train_q": True}, Q=A, W=I2, G=I2, eta=0.1, order=2)
    add("linear_codebook_lstsq", Q=A, index=[0, 1], Z=I2)
    add("stable_step", Q=A, counts=[1.0, 2.0], beta=0.5)
    add("balanced_factors", E=A)
    add("digit_patches")
    add("train_codebooks", {"latents": [I2], "modes": ["both"]}, rng=rng(), K=3, steps=2, batch=2, rate=0.1)
    add("train_autoencoders", {"modes": ["both"]}, rng=rng(), images=DIGITS.x, test_images=DIGITS.x_test, K=3, width=2,
        steps=2, batch=2, rate=0.1)  # fmt: skip
    for name in ("importance_bound", "ess"):
        add(name, logw=[[0.0, 1.0], [2.0, -1.0]], axis=0)
    add("gaussian_chi2", m=0.5, s=1.0, m_post=0.0, s_post=0.8)
    add("mean_field_chi2", A=[[2.0, 0.5], [0.5, 1.0]])
    add("two_point_gap", a=1.0, b=2.0, p=0.3, M=4)
    add("gap_expansion", chi2=0.5, mu3=0.1, M=8)
    add("lognormal_gap2", delta=0.5, nodes=20)
    add("encoder_gradients", eps=[[0.1, 0.2], [0.3, -0.4]], x=0.5, v=0.5, m=0.1, s=0.8)
    add("exact_log_density", log_lik=[[-1.0], [-0.5], [-2.0]], nodes=[-1.0, 0.0, 1.0])
    add("bits_per_dim", nll=[1.0, 2.0], D=3, step=0.1)
    vae = train_moon_vaes(rng(), np.zeros((8, 2)), {"a": {}}, draws=2, steps=2, batch=4)["a"]
    add("train_moon_vaes", {"runs": {"a": {}}}, rng=rng(), x=np.zeros((8, 2)), draws=2, steps=2, rate=1e-3, batch=4)
    add("moon_log_density", {"params": vae}, x=[[0.0, 1.0]], points=11, reach=3.0)
    add("kl_knn", x=[[0.0], [1.0], [2.5]], y=[[0.5], [1.7]], k=1)
    add("kl_diag_std", mu=[0.0, 1.0], logvar=[0.0, -1.0])
    add("kl_diag", mu1=[0.0, 1.0], logvar1=[0.0, -1.0], mu2=[1.0, 1.0], logvar2=[0.5, 0.0])
    add("kl_gauss", m1=[0.0, 1.0], S1=I2, m2=[1.0, 0.0], S2=I2)
    add("kl_uniform_normal", a=-1.0, b=2.0)
    add("kl_uniform_uniform", a1=0.0, b1=0.5, a2=-1.0, b2=1.0)
    add("pathwise_gradient", {"df": np.cos}, mu=0.5, sigma=1.0, eps=[0.1, -1.0])
    add("score_gradient", {"f": np.sin}, mu=0.5, sigma=1.0, eps=[0.1, -1.0])
    add("aggregate_moments", mu=[[0.0], [1.0]], sigma2=[[1.0], [0.5]])
    add("entropy", px=[0.5, 0.5])
    add("rate", px=[0.5, 0.5], pzx=I2, qz=[0.5, 0.5])
    add("distortion", px=[0.5, 0.5], pzx=I2, qxz=I2)
    add("joint_kl", px=[0.5, 0.5], pzx=I2, qz=[0.5, 0.5], qxz=I2)
    add("mutual_information", px=[0.5, 0.5], pzx=I2)
    for name in ("evidence", "posterior"):
        add(name, qz=[0.5, 0.5], qxz=I2)
    add("bhattacharyya", p=[0.5, 0.5], q=[0.2, 0.8])
    add("bhattacharyya_normal", m1=0.0, s1=1.0, m2=1.0, s2=2.0)
    add("bernoulli_mixture_em", px=[0.5, 0.5], pzx=I2, steps=2)
    # latent variables
    add("init_vae", rng=rng(), data_dim=4, latent=2, hidden=[3], labels=2, log_s2=0.0)
    for name in ("linear_posterior", "linear_nll"):
        add(name, W=A, b=[0.0, 1.0], x=[[1.0, 2.0]], s2=0.5)
    add("linear_distortion", W=A, b=[0.0, 1.0], x=[[1.0, 2.0]], mu=[[0.0, 1.0]], sigma2=[0.5, 1.0])
    add("linear_rate", mu=[[0.0, 1.0]], sigma2=[0.5, 1.0])
    add("diagonal_gap", W=A, s2=0.5)
    add("ppca", x=[[0.0, 1.0, 2.0], [1.0, -1.0, 0.5], [0.3, 0.2, 1.0]], d=1, s2=0.1)
    add(
        "train_digit_vaes",
        {"runs": {"a": {}}},
        rng=rng(),
        images=DIGITS.x,
        labels=DIGITS.y,
        latent=2,
        hidden=3,
        steps=2,
        draws=1,
        model="pixels",
        rate=0.01,
        batch=2,
    )
    # invertible layers
    image = np.arange(16.0).reshape(1, 2, 2, 4)
    for name, argument in (("squeeze2d", "x"), ("unsqueeze2d", "z")):
        add(name, **{argument: image}, factor=2)
    add("multiscale_shapes", h=8, w=8, c=3, levels=2)
    add("actnorm_init", batch=A, least=1e-6)
    add("plu_factors", W=A)
    add("plu_logdet", U=A, pixels=4)
    add("plu_solve", {"factors": PLU(np.eye(2), np.eye(2), np.array(A))}, h=I2)
    add("leading_minor_signs", P=I2, W=A)
    add("two_moons", rng=rng(), n=10, noise=0.1)
    add("coupling_stack", rng=rng(), D=3, layers=2, strength=1.0)
    small = {"layers": 2, "width": 3, "steps": 2, "batch": 2, "rate": 0.1}
    add("train_plane_flows", {"variants": ["affine"]}, rng=rng(), points=I2, test=A, **small)
    # flows of densities and steepest directions
    add("bernoulli", z=[0.0, 1.0])
    add("fokker_planck", q=[1.0, 0.0], U=[0.0, 1.0], dx=1.0, dt=0.1, steps=2, every=1, temperature=1.0)
    add("fokker_planck_gap", U=[0.0, 1.0, 0.0], dx=1.0, temperature=1.0)
    add("kl_grid", q=[1.0, 0.0], p=[0.5, 0.5], dx=1.0)
    add("fisher_information_grid", q=[1.0, 1.0], p=[0.5, 0.5], dx=1.0)
    add("gaussian_flow", m=1.0, s=0.5, t=[1.0], M=0.0, S=1.0)
    add("jko_gaussian_step", m=1.0, s=0.5, a=0.1, M=0.0, S=1.0)
    add("jko_quantile_step", {"dV": lambda y: y, "d2V": np.ones_like}, x=[0.0, 1.0], a=0.1, iterations=20)
    add("divergence_flow", kind="reverse_kl", p=[0.3, 0.4, 0.3], q=[0.4, 0.3, 0.3], dx=1.0, times=[0.1], rtol=1e-4)
    add("langevin", {"score": lambda x: -x, "rng": rng()}, x0=[1.0], h=0.1, steps=2, every=1, temperature=1.0)
    for name in ("cosine_sum", "cosine_sum_gradient"):
        add(name, x=[0.5, 1.0], a=[1.0], W=[[1.0, 2.0]], b=[0.0])
    add("soft_hinges", x=[0.5, 1.0], a=[1.0], W=[[1.0, 2.0]], b=[0.0], mu=0.1)
    add("double_well", x=[0.5, 1.0])
    add("convex_flows", mu=0.5)
    for name in ("cosine_sums", "understated_cosine_sums", "bent_flows", "proximal_pairs", "not_minimised"):
        add(name, rng=rng())
    for name in ("monotone_displacements", "crossing_displacements"):
        add(name, rng=rng())
    tiny = init_tanh_net(rng(), 2, 3)
    add("init_tanh_net", {"rng": rng()}, inputs=2, width=3, gain=1.0)
    for name in ("tanh_net", "tanh_net_gradient"):
        add(name, {"net": tiny}, x=[[0.5, 1.0]])
    add("tanh_net_kernel", {"net": tiny}, x=[[0.5, 1.0]], z=[[1.0, 0.0]])
    add("loss_alpha", loss="squared", y=[1.0], f=[0.5])
    run = {"x": [[0.5, 1.0]], "y": [1.0], "queries": [[1.0, 0.0]], "eta": 0.1, "steps": 2, "loss": "squared"}
    add("path_kernel_run", {"net": tiny, "rng": rng()}, **run, batch=1, segments=2, repeats=1)
    add("linear_flow_predict", k=[[1.0, 0.0]], K=I2, y=[1.0, 0.0], f0=[0.0], f0_train=[0.0, 0.0], t=1.0)
    add("steepest_direction", g=[1.0, 2.0], norm=2, eps=1.0)
    add("natural_gradient_step", x=[1.0, 2.0], g=[1.0, 1.0], F=I2, a=0.1, pinv=False)
    add("fisher_gaussian", m=0.0, s=1.0)
    add("proximal_step", {"loss": product_loss}, w=[1.0, 1.0], eps=0.1, iterations=20)
    add("proximal_descent", {"loss": product_loss}, w0=[1.0, 1.0], eps=0.1, steps=2)
    return data


GOOD = good()
SPECIAL = {  # arguments that no keyword reaches
    "chain_law": lambda bad: (bad, I2),
    "jacobian_along": lambda bad: (bad, [0.0, 1.0, 2.0], [0.0, 1.0, 2.0]),
}
BAD = {
    "a huge integer": 10**400,
    "nan": float("nan"),
    "inf": float("inf"),
    "-inf": float("-inf"),
    "1e308": 1e308,
    "complex": 1j,
    "text": "text",
    "None": None,
    "True": True,
    "2.5": 2.5,
    "-1": -1,
    "0": 0,
    "1e9": 10**9,
    "empty": [],
    "nested empty": [[]],
    "ragged": [[1.0, 2.0], [3.0]],
    "one": [1.0],
    "nan inside": [float("nan"), 1.0],
    "a cube": np.ones((2, 2, 2)),
    "an object": object(),
    "a dictionary": {"a": 1},
}


def public() -> dict[str, object]:
    found = {}
    for path in sorted(LIBRARY.rglob("*.py")):
        parts = path.relative_to(LIBRARY).with_suffix("").parts
        if len(parts) == 2 and parts[0] not in ("claims", "reading") and parts[1] != "__init__":
            module = importlib.import_module("scispaces." + ".".join(parts))
            found |= {name: f for name in module.__all__ if inspect.isfunction(f := getattr(module, name))}
    return found


FUNCTIONS = public()


def test_every_public_function_has_a_good_call():
    assert set(FUNCTIONS) - UNCHECKED - {"adam", "clipped_sgd"} == set(GOOD) | set(SPECIAL)
    assert UNCHECKED <= set(FUNCTIONS)


def called(f, /, *args, **kwargs):
    """The exception of a call, or None; one that takes longer than SECONDS ends in TimeoutError."""

    def ring(*_):
        raise TimeoutError(f"longer than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(SECONDS)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            f(*args, **kwargs)
    except Exception as error:
        return error
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    return None


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if n in GOOD or n in SPECIAL])
def test_bad_calls_are_refused_or_answered(name):
    f, faults = FUNCTIONS[name], []
    if name in SPECIAL:
        calls = [(what, SPECIAL[name](bad), {}) for what, bad in BAD.items()]
    else:
        varied, kept = GOOD[name]
        error = called(f, **varied, **kept)
        assert error is None, f"the good call of {name} raises {error!r}"
        calls = [(f"{k} = {what}", (), varied | kept | {k: bad}) for k in varied for what, bad in BAD.items()]
    for what, args, kwargs in calls:
        error = called(f, *args, **kwargs)
        if isinstance(error, RuntimeError) and type(error) is RuntimeError:
            continue  # an integrator that gave up, a time too long: said in words
        if error is not None and not (isinstance(error, ValueError | TypeError) and str(error)):
            faults.append(f"{what}: {type(error).__name__}: {str(error)[:90]}")
        elif isinstance(error, np.linalg.LinAlgError):
            faults.append(f"{what}: LinAlgError: {error}")
    assert not faults, f"{name}:\n  " + "\n  ".join(faults)
